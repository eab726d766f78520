import { assertEquals, assertMatch } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { type QueueProgram, start, startQueue } from "../harness/programs.ts";
import type { Exit } from "../harness/program.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "files"] as const;

async function startHttpQueue(args: readonly string[] = []): Promise<{ queue: QueueProgram; http: string }> {
  const queue = await startQueue(["--http", "127.0.0.1:0", "--http-actions", ...args]);
  const { http } = await queue.event("listening");
  return { queue, http: (http as string[])[0]! };
}

async function run(...args: readonly string[]): Promise<Exit> {
  await using program = start("queue", args);
  return await program.exit;
}

async function runUntil(code: number, ...args: readonly string[]): Promise<Exit> {
  for (let tries = 0;; tries++) {
    const exit = await run(...args);
    if (exit.code === code || tries === 20) return exit;
  }
}

scenario("spqueue status prints the state with its reason, and exits with 0 or 4", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  await using peers = await Peers.open();
  const none = await run("status", http);
  assertEquals([none.code, none.stderr], [4, ""]);
  assertMatch(none.stdout, /^no workers for .*: nothing waits\nwaiting {3}0\n/);
  peers.echoWorker(queue.backend);
  const serving = await runUntil(0, "status", http);
  assertEquals(serving.code, 0);
  assertMatch(serving.stdout, /^serving: 0 of 1 worker busy, nothing waits\n/);
  const json = JSON.parse((await run("status", "--json", http)).stdout);
  assertEquals([json.state, json.settings.find(({ name }: { name: string }) => name === "http").from], [
    "serving",
    "--http",
  ]);
  assertEquals((await run("status", "--print", "workers", http)).stdout, "1\n");
});

scenario(
  "spqueue status takes addresses from SPQ_HTTP, and its code is the worst of several queues",
  NEEDS,
  async () => {
    const { queue, http } = await startHttpQueue();
    await using _ = queue;
    await using status = start("queue", ["status"], { env: { SPQ_HTTP: http } });
    assertEquals((await status.exit).code, 4);
    const { code, stdout, stderr } = await run("status", http, "unix:/nonexistent/http.sock");
    assertEquals([code, stdout.startsWith(`${http}\nno workers`)], [1, true]);
    assertMatch(stderr, /^spqueue status: Cannot reach a queue's HTTP at "unix:\/nonexistent\/http\.sock": /);
  },
);

scenario("spqueue status --alive and --ready are health checks", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  assertEquals((await runUntil(0, "status", "--ready", http)).code, 0);
  await run("pause", "--reason", "new disks", http);
  const ready = await run("status", "--ready", http);
  assertEquals([ready.code, ready.stdout], [1, ""]);
  assertMatch(ready.stderr, /the queue is paused/);
  assertEquals((await run("status", "--alive", http)).code, 0);
});

scenario("spqueue pause, resume and drain control a queue, whose log says who did it and why", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  assertEquals((await run("pause", "--reason", "new disks", "--for", "10m", http)).stdout, "paused\n");
  const { by, reason, forMs, address } = await queue.event("paused");
  assertMatch(by as string, /^\S+@\S+$/);
  assertEquals([reason, forMs, address], ["new disks", 600_000, "127.0.0.1"]);
  const paused = await run("status", http);
  assertEquals(paused.code, 5);
  assertMatch(paused.stdout, /^paused by \S+ since \S+ until \S+: new disks; nothing waits\n/);
  assertEquals((await run("resume", http)).stdout, "resumed\n");
  assertEquals((await run("resume", http)).stdout, "was not paused\n");
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend }).send("the drain waits for it");
  while (JSON.parse((await run("status", "--json", http)).stdout).waiting.requests === 0);
  assertEquals((await run("drain", http)).stdout, "draining\n");
  assertEquals((await run("drain", http)).stdout, "draining\n");
  // The first signal asks for the drain that there is, the second one ends it.
  while (queue.isRunning) {
    queue.kill();
    await delay(100);
  }
  assertEquals((await queue.exit).code, 143);
  // Beside the first, there is a line every few seconds.
  assertEquals(queue.count("draining", { signal: "http" }), 1);
});

scenario("spqueue pause says what is wrong: no reason, or a queue that obeys nobody", NEEDS, async () => {
  await using queue = await startQueue(["--http", "127.0.0.1:0"]);
  const [http] = (await queue.event("listening")).http as string[];
  const { code, stderr } = await run("pause", http!);
  assertEquals([code, stderr.startsWith("spqueue pause: Option --reason is missing")], [2, true]);
  const refused = await run("pause", "--reason", "a", http!);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /takes no commands over HTTP; start it with --http-actions/);
});

scenario("spqueue drain drains no queue when it is not told which one", NEEDS, async () => {
  const { code, stderr } = await run("drain", "--http", "127.0.0.1:1", "--http", "127.0.0.1:2");
  assertEquals([
    code,
    stderr.startsWith("spqueue drain: Option --http names 2 addresses, but a command goes to one queue: "),
  ], [
    2,
    true,
  ]);
});

scenario("spqueue says in one sentence that its HTTP port is taken, and exits with 1", NEEDS, async () => {
  const { queue, http } = await startHttpQueue();
  await using _ = queue;
  const { code, stderr } = await run(
    ...["--frontend", "tcp://127.0.0.1:*", "--backend", "tcp://127.0.0.1:*", "--http", http],
  );
  assertEquals(code, 1);
  assertEquals(
    stderr,
    `spqueue: Cannot listen for HTTP on "${http}": the port is taken; choose another one with --http; with --wait-for-ports 60s the queue waits until it is free\n`,
  );
});

scenario("spqueue status sends the token, even over a unix socket that needs none", NEEDS, async () => {
  using folder = new Folder();
  const token = folder.file("token");
  await Deno.writeTextFile(token, "a-token-that-nobody-guesses", { mode: 0o600 });
  const socket = `unix:${folder.file("http.sock")}`;
  const { queue, http } = await startHttpQueue(["--http", socket, "--http-token-file", token]);
  await using _ = queue;
  const without = await run("status", http);
  assertEquals([without.code, without.stderr.includes("requires a token; name its file")], [1, true]);
  const other = folder.file("other");
  await Deno.writeTextFile(other, "a-token-that-is-another-one", { mode: 0o600 });
  const wrong = await run("status", "--http-token-file", other, http);
  assertEquals([wrong.code, wrong.stderr.includes("does not accept the token in")], [1, true]);
  assertEquals((await run("status", "--http-token-file", token, http)).code, 4);
  assertEquals((await run("status", socket)).code, 4);
});

scenario("spqueue status says who was refused lately, and how to let them in", NEEDS, async () => {
  const { queue, http } = await startHttpQueue(["--allow", "10.0.0.0/8"]);
  await using _ = queue;
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend }).send("let me in");
  await queue.event("peer refused");
  // With it, the status is renewed.
  queue.kill("SIGUSR1");
  await queue.event("status");
  assertMatch(
    (await run("status", http)).stdout,
    /\nrefused {3}1 peer; 127\.0\.0\.1 at the frontend .* ago: address not allowed\nto permit start the queue with --allow 127\.0\.0\.1\n/,
  );
  const { refusedPeers } = JSON.parse((await run("status", "--json", http)).stdout);
  assertEquals(refusedPeers.map(({ side, publicKey }: Record<string, unknown>) => [side, publicKey]), [
    ["frontend", null],
  ]);
});

/** A web server that says the same to everybody. */
function webServer(body: string): { readonly address: string; [Symbol.asyncDispose](): Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response(body));
  return { address: `127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

scenario("spqueue's commands say in one line that what answers is no queue, and exit with 1", NEEDS, async () => {
  await using html = webServer("<html>\n");
  await using json = webServer('{"schema":1,"sentence":"fine"}');
  const commands = [["status"], ["status", "--json"], ["status", "--alive"], ["top"], ["pause", "--reason", "a"]];
  for (const { address } of [html, json]) {
    for (const args of commands) {
      const { code, stdout, stderr } = await run(...args, address);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(
        stderr,
        new RegExp(`^spqueue ${args[0]}: The server at "${address}" is not a queue of this version: .*\n$`),
      );
    }
  }
  await using queue = await startQueue();
  const { code, stderr } = await run("status", queue.frontend.slice("tcp://".length));
  assertEquals(code, 1);
  assertMatch(stderr, /^spqueue status: Cannot query the queue at .*: it is a port for clients or workers; .*\n$/);
});

scenario("spqueue suggests what was meant by an unknown command", NEEDS, async () => {
  const { code, stderr } = await run("statu");
  assertEquals([code, stderr.startsWith('spqueue: Unknown command "statu", did you mean "status"?')], [2, true]);
});
