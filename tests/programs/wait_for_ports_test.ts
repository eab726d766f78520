import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Folder } from "../harness/folder.ts";
import { freePort } from "../harness/free_port.ts";
import { abstractName, NotifySocket } from "../harness/notify_socket.ts";
import { Peers } from "../harness/peers.ts";
import { commandLine, QueueProgram, type QueueStartOptions, start, startQueue } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";
import { onTransports } from "../harness/transports.ts";

const NEEDS = ["programs", "ffi"] as const;

/** Starts a queue that does not listen yet. */
function startBeside(
  { frontends, backends }: { readonly frontends: readonly string[]; readonly backends: readonly string[] },
  args: readonly string[],
  options: QueueStartOptions = {},
): QueueProgram {
  const endpoints = ["--frontend", frontends[0]!, "--backend", backends[0]!];
  const { command, ...rest } = commandLine("queue", [...endpoints, ...args], options);
  return new QueueProgram(command, rest);
}

onTransports("queue with --wait-for-ports listens as soon as another has ended", NEEDS, async ({ startQueue }) => {
  await using peers = await Peers.open();
  await using first = await startQueue();
  const worker = peers.worker(first.backend);
  const client = peers.req({ connect: first.frontend });
  client.send("before");
  const job = await worker.receiveText();
  await using second = startBeside(first, ["--wait-for-ports", "5m"]);
  const { address, timeoutMs } = await second.event("waiting for ports");
  assertEquals([address, timeoutMs], [first.frontend, 300_000]);
  first.kill();
  await first.event("draining");
  // It does not take the one that has not let go yet for free.
  worker.send(...job);
  assertEquals(await client.receiveText(), ["before"]);
  assertEquals((await first.exit).code, 0);
  await second.listening();
  assertEquals([second.frontend, second.backend], [first.frontend, first.backend]);
  assertEquals(second.lines.map(({ event }) => event), ["waiting for ports", "listening"]);
  peers.echoWorker(second.backend);
  client.send("after");
  assertEquals(await client.receiveText(), ["after"]);
}, "both");

scenario("queue with --wait-for-ports binds nothing while one of its addresses is taken", [
  ...NEEDS,
  "files",
  "network",
], async () => {
  using folder = new Folder();
  const port = freePort();
  using taken = Deno.listen({ hostname: "127.0.0.1", port });
  const http = ["--http", `unix:${folder.file("http")}`, "--http", `127.0.0.1:${port}`];
  await using queue = startBeside(folder.endpoints, http, { env: { SPQ_WAIT_FOR_PORTS: "5m" } });
  assertEquals((await queue.event("waiting for ports")).address, `127.0.0.1:${port}`);
  assertEquals(folder.names, []);
  taken.close();
  await queue.listening();
  assertEquals(folder.names, ["back", "front", "http"]);
});

scenario("queue that has waited for its ports reads the credentials for NATS once, as it must from a pipe", [
  ...NEEDS,
  "files",
  "network",
], async () => {
  using folder = new Folder();
  const path = folder.file("http");
  using taken = Deno.listen({ transport: "unix", path });
  const creds = folder.file("creds");
  await Deno.writeTextFile(creds, "user:password", { mode: 0o600 });
  const args = ["--nats", "nats://127.0.0.1:1", "--nats-creds", creds, "--http", `unix:${path}`];
  await using queue = startBeside(folder.endpoints, [...args, "--wait-for-ports", "5m"]);
  await queue.event("waiting for ports");
  await Deno.remove(creds);
  taken.close();
  await queue.listening();
});

for (const http of ["unix", "tcp"] as const) {
  scenario(
    `queue waits for an HTTP address that another queue uses (${http})`,
    [...NEEDS, "files", "network"],
    async () => {
      using folder = new Folder();
      const asked = http === "unix" ? `unix:${folder.file("http")}` : "127.0.0.1:0";
      await using first = await startQueue(["--http", asked]);
      const [address] = (await first.event("listening")).http as string[];
      await using second = startBeside(folder.endpoints, ["--http", address!, "--wait-for-ports=5m"]);
      assertEquals((await second.event("waiting for ports")).address, address);
      first.kill();
      assertEquals((await second.event("listening")).http, [address]);
      assertEquals((await first.exit).code, 0);
    },
  );
}

scenario("queue that waits for ports says so on SIGUSR1, and ends at once with 0 on SIGTERM", NEEDS, async () => {
  await using first = await startQueue();
  await using second = startBeside(first, ["--wait-for-ports", "5m"]);
  await second.event("waiting for ports");
  second.kill("SIGUSR1");
  assertEquals((await second.event("status")).sentence, `waiting until ${first.frontend} is free`);
  second.kill();
  assertEquals((await second.exit).code, 0);
  assertEquals(second.lines.map(({ event }) => event), [
    "waiting for ports",
    "status",
    "ended while waiting for ports",
  ]);
});

scenario("queue ends with 1 and a sentence when its ports are not free in time", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  await using first = await startQueue([], folder.endpoints);
  await using second = startBeside(first, ["--wait-for-ports", "100ms"]);
  const { code, stderr } = await second.exit;
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    `spqueue: Cannot bind frontend to "${first.frontend}": somebody listens there (EADDRINUSE), even after waiting ` +
      "100ms (--wait-for-ports)\n",
  );
  // It has left the first one its files.
  assertEquals(folder.names, ["back", "front"]);
});

scenario("queue does not wait for a program that is not a queue, or for itself", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  await Deno.writeTextFile(folder.file("front"), "precious");
  const { frontends, backends } = folder.endpoints;
  for (
    const [args, reason] of [
      [["--frontend", frontends[0]!, "--backend", backends[0]!], /a file that is not a socket is there/],
      [["--frontend", backends[0]!, "--backend", backends[0]!], /Cannot bind backend to .*: somebody listens there/],
    ] as const
  ) {
    await using queue = start("queue", [...args, "--wait-for-ports", "5m"]);
    const { code, stderr } = await queue.exit;
    assertEquals(code, 1);
    assertMatch(stderr, reason);
  }
});

scenario(
  "a waiting queue tells its manager so, and reports READY=1 only when it has bound",
  [...NEEDS, "proc"],
  async () => {
    using socket = new NotifySocket(abstractName());
    await using first = await startQueue();
    await using _second = startBeside(first, ["--wait-for-ports", "5m"], { env: { NOTIFY_SOCKET: socket.path } });
    const { text } = await socket.until(/./);
    assertEquals(text, `EXTEND_TIMEOUT_USEC=330000000\nSTATUS=Waiting until ${first.frontend} is free`);
    assertEquals(await socket.receive(0), undefined);
    first.kill();
    assertMatch((await socket.until(/./)).text, /^READY=1\n/);
  },
);
