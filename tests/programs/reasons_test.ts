/**
 * Worker and client say why nothing comes.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { unprivileged } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { inputOf } from "../harness/input.ts";
import { Program } from "../harness/program.ts";
import { commandLine, startClient, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs"] as const;
const ONE_TRY = ["--retries", "1", "--timeout", "1s"];

/** Asserts what worker and client say of an endpoint to which they cannot connect: once, and nothing else. */
async function assertSaid(endpoint: string, code: string, reason: string): Promise<void> {
  await using client = startClient(endpoint, [...ONE_TRY, "hello"]);
  await using worker = startWorker(endpoint, ["--no-faults"]);
  const { level, ...said } = await worker.event("cannot connect");
  assertEquals([level, said.endpoint, said.code, said.reason], ["warning", endpoint, code, reason]);
  const exit = await client.exit;
  assertEquals([exit.code, exit.stdout, client.lines.length], [3, "", 1]);
  assertEquals(client.lines[0]!.reason, `No reply from "${endpoint}" after 1 try of 1000 ms: ${reason}`);
  worker.kill();
  assertEquals((await worker.exit).code, 0);
  assertEquals([worker.count("cannot connect"), worker.count("worker ready")], [1, 0]);
}

scenario("worker and client say that nothing listens", NEEDS, async () => {
  await assertSaid("tcp://127.0.0.1:1", "REFUSED", "nothing listens at 127.0.0.1:1 (ECONNREFUSED)");
});

scenario("worker and client say that a name does not resolve", NEEDS, async () => {
  const name = "x".repeat(64);
  await using worker = startWorker(`tcp://${name}:1`);
  await using client = startClient(`tcp://${name}:1`, [...ONE_TRY, "hello"]);
  const { code, reason } = await worker.event("cannot connect");
  assertEquals(code, "NAME_NOT_FOUND");
  assertStringIncludes(`${reason}`, `the name "${name}" does not resolve (`);
  assertEquals((await client.exit).code, 3);
  assertStringIncludes(`${client.lines[0]!.reason}`, `after 1 try of 1000 ms: ${reason}`);
});

scenario("worker and client say that a path does not exist, or may not be connected to", [
  ...NEEDS,
  "files",
  "unprivileged",
], async () => {
  using folder = new Folder();
  const path = folder.file("front");
  const endpoint = `ipc://${path}`;
  await assertSaid(endpoint, "NO_SUCH_PATH", `there is no socket ${path} (ENOENT)`);
  await using _queue = await startQueue([], { frontends: [endpoint] });
  await Deno.chmod(path, 0o000);
  const reason = `no permission to connect to ${path} (EACCES)`;
  const startUnprivileged = (role: "worker" | "client", args: readonly string[]) => {
    const { command, args: all, ...rest } = commandLine(role, ["--connect", endpoint, ...args]);
    const [setpriv, ...words] = unprivileged([command, ...all]);
    return new Program(setpriv!, { args: words, ...rest });
  };
  await using worker = startUnprivileged("worker", []);
  await using client = startUnprivileged("client", [...ONE_TRY, "hello"]);
  const said = await worker.event("cannot connect");
  assertEquals([said.code, said.reason], ["NO_PERMISSION", reason]);
  assertStringIncludes((await client.exit).stderr, `after 1 try of 1000 ms: ${reason}`);
});

scenario("worker and client say that the other side does not speak ZMTP", [...NEEDS, "ipv6"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  const refuse = async (connection: Deno.Conn) => {
    await connection.read(new Uint8Array(100)).catch(() => null);
    await connection.write(answer).catch(() => 0);
    connection.close();
  };
  const serving = (async () => {
    // One that sends nothing yet does not keep the others waiting.
    const refusals: Promise<void>[] = [];
    for await (const connection of listener) refusals.push(refuse(connection));
    await Promise.all(refusals);
  })();
  const where = `127.0.0.1:${listener.addr.port}`;
  await assertSaid(
    `tcp://${where}`,
    "NOT_ZMTP",
    `${where} closed the connection before the ZMTP handshake was done: is it the queue's port, and does the queue ask for a key?`,
  );
  listener.close();
  await serving;
});

scenario("worker and client say that the other side does not answer the handshake", [...NEEDS, "ipv6"], async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const where = `127.0.0.1:${listener.addr.port}`;
  const reason =
    `${where} has not answered the ZMTP handshake: is it the queue's port, and does the queue let this address in?`;
  await assertSaid(`tcp://${where}`, "NOT_ZMTP", reason);
});

scenario("client says that the queue is there but sends no reply", NEEDS, async () => {
  await using queue = await startQueue();
  await using client = startClient(queue.frontend, [...ONE_TRY, "hello"]);
  assertEquals((await client.exit).code, 3);
  assertEquals(
    client.lines.map(({ reason }) => reason),
    [
      `No reply from "${queue.frontend}" after 1 try of 1000 ms: ` +
      "connected, but no reply came: there is no worker, the job takes longer, or it fails",
    ],
  );
});

scenario("client and queue say that a request is larger than the queue's limit", NEEDS, async () => {
  await using queue = await startQueue(["--max-message-size", "1MiB"]);
  await using client = startClient(queue.frontend, ONE_TRY, { input: inputOf(new Uint8Array(2_000_000)) });
  assertEquals((await client.exit).code, 3);
  assertEquals(
    client.lines.map(({ reason }) => reason),
    [
      `No reply from "${queue.frontend}" after 1 try of 1000 ms: the connection was closed while a request of ` +
      "2000000 bytes was being sent: the queue's --max-message-size may be smaller",
    ],
  );
});

scenario("worker says that its reply was larger than the queue's limit", [...NEEDS, "shell", "long run"], async () => {
  await using queue = await startQueue(["--max-message-size", "1MiB", "--redeliveries", "0"]);
  const exec = ["--shell", "--exec", "head -c 2000000 /dev/zero"];
  await using worker = startWorker(queue.backend, exec);
  await worker.event("worker ready");
  await using client = startClient(queue.frontend, [...ONE_TRY, "hello"]);
  const { level, endpoint, reason } = await worker.event("connection lost");
  assertEquals([level, endpoint, reason], [
    "warning",
    queue.backend,
    "the connection was closed while a reply of 2000000 bytes was being sent: the queue's --max-message-size may be smaller",
  ]);
  await worker.events("worker ready", 2);
  assertEquals((await client.exit).code, 3);
});
