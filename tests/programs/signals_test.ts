/** How the three programs end by signals, end to end. */

import { assert, assertEquals } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { SIGNAL_ECHO_MS } from "../../lib/cli/signals.ts";
import { WAIT_MS } from "../harness/deadline.ts";
import { FirstProcess } from "../harness/first_process.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { Program } from "../harness/program.ts";
import { ANY_PORT, commandLine, start, startQueue, startWorker } from "../harness/programs.ts";
import { READY, receiveReady } from "../harness/ready.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;
const AS_FIRST = [...NEEDS, "process namespaces"] as const;
/** A worker whose jobs take until it is killed. */
const ENDLESS = ["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "1h", "--work", "0"];
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const SIGNALS = Object.entries(NUMBERS) as [keyof typeof NUMBERS, number][];

scenario("queue drains and removes its sockets when its terminal is closed", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  await using queue = await startQueue([], folder.endpoints);
  queue.kill("SIGHUP");
  assertEquals((await queue.event("draining")).signal, "SIGHUP");
  assertEquals((await queue.exit).code, 0);
  assertEquals(folder.names, []);
});

scenario("queue drains and removes its sockets when a signal comes during its start", [...NEEDS, "files"], async () => {
  using folder = new Folder();
  const args = ["--frontend", folder.endpoints.frontends[0]!, "--backend", folder.endpoints.backends[0]!];
  await using queue = start("queue", args);
  // The moment at which there is something to remove.
  while (folder.names.length === 0) await delay(1);
  queue.kill("SIGTERM");
  assertEquals((await queue.exit).code, 0);
  assertEquals(folder.names, []);
});

scenario(
  "worker treats SIGHUP right after SIGTERM as the same signal, and a later one as the second",
  NEEDS,
  async () => {
    await using peers = await Peers.open();
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, ENDLESS);
    backend.send(await receiveReady(backend), "", "client", "", "never answered");
    await worker.event("simulated CPU overload");
    worker.kill("SIGTERM");
    worker.kill("SIGHUP");
    await worker.event("ending");
    await delay(SIGNAL_ECHO_MS);
    assert(worker.isRunning);
    worker.kill("SIGHUP");
    assertEquals((await worker.exit).code, 129);
  },
);

scenario("programs survive the end of their terminal when they are started by nohup", [...NEEDS, "shell"], async () => {
  const nohup = (role: "queue" | "worker" | "client", args: readonly string[]) => {
    const { command, args: all, env, cwd } = commandLine(role, args);
    return new Program("nohup", { args: [command, ...all], env: { PATH: "/usr/bin:/bin", ...env }, cwd });
  };
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  const backend = peers.router({ bind: ANY_PORT });
  await using queue = nohup("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]);
  await using worker = nohup("worker", ["--connect", backend.endpoint, "--work", "0", "--no-faults"]);
  await using client = nohup("client", ["--connect", frontend.endpoint, "--timeout", "1m", "hello"]);
  await queue.event("listening");
  const identity = await receiveReady(backend);
  const [address] = await frontend.receiveText();
  for (const program of [queue, worker, client]) program.kill("SIGHUP");
  // What SIGHUP would do is done before a further signal, or a message, arrives.
  backend.send(identity, "", "client", "", "still here");
  assertEquals(await backend.receiveText(), [identity, "", "client", "", "still here"]);
  frontend.send(address!, "", "still here");
  assertEquals(await client.exit.then(({ code, stdout }) => [code, stdout.trim()]), [0, "still here"]);
  for (const program of [queue, worker]) {
    program.kill("SIGTERM");
    assertEquals((await program.exit).code, 0);
    assertEquals(program.count("ending", { signal: "SIGHUP" }) + program.count("draining", { signal: "SIGHUP" }), 0);
  }
});

/** Where Deno 2.9.2 and newer listen after SIGUSR1. */
const DEBUGGER_PORT = 9229;

scenario(
  "programs continue after SIGUSR1, and close the debugger that Deno then opens",
  [...NEEDS, "network", "long run"],
  async () => {
    await using queue = await startQueue();
    await using client = start("client", ["--connect", queue.frontend, "--timeout", "1m", "hello"]);
    await using worker = startWorker(queue.backend, ["--work", "0", "--no-faults"]);
    assertEquals((await client.exit).code, 0);
    await using waiting = start("client", ["--connect", "tcp://127.0.0.1:1", "--timeout", "1m", "--count", "1"]);
    await waiting.event("connecting");
    for (const program of [queue, worker, waiting]) {
      program.kill("SIGUSR1");
      // By then, Deno has opened it.
      await delay(500);
      const deadline = performance.now() + WAIT_MS;
      // Other tests' programs may have got the signal, too.
      while (await isOpen(DEBUGGER_PORT)) {
        assert(performance.now() < deadline, program.stderr);
        await delay(100);
      }
      assert(program.isRunning, program.stderr);
    }
  },
);

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ port })).close();
    return true;
  } catch {
    return false;
  }
}

scenario("client ends with 128+n when a signal comes, also as the first process of a container", AS_FIRST, async () => {
  await using peers = await Peers.open();
  const frontend = peers.router({ bind: ANY_PORT });
  const args = ["--connect", frontend.endpoint, "--timeout", "1m", "--retries", "1", "never answered"];
  for (const [signal, number] of SIGNALS) {
    await using client = new FirstProcess("client", args);
    await frontend.receive();
    await client.signal(signal);
    assertEquals((await client.exit).code, 128 + number, signal);
  }
});

scenario(
  "worker finishes its job, and a second signal ends it, as the first process of a container",
  AS_FIRST,
  async () => {
    await using peers = await Peers.open();
    for (const [signal, number] of SIGNALS) {
      const backend = peers.router({ bind: ANY_PORT });
      await using idle = new FirstProcess("worker", ["--connect", backend.endpoint, ...ENDLESS]);
      await receiveReady(backend);
      await idle.signal(signal);
      assertEquals((await idle.exit).code, 0, signal);
      await using busy = new FirstProcess("worker", ["--connect", backend.endpoint, ...ENDLESS]);
      backend.send(await receiveReady(backend), "", "client", "", "never answered");
      await busy.event("simulated CPU overload");
      await busy.signal("SIGTERM");
      await busy.event("ending");
      await delay(SIGNAL_ECHO_MS);
      await busy.signal(signal);
      assertEquals((await busy.exit).code, 128 + number, signal);
    }
  },
);

scenario(
  "queue drains, and a second signal ends it, as the first process of a container",
  [...AS_FIRST, "long run"],
  async () => {
    await using peers = await Peers.open();
    for (const [signal, number] of SIGNALS) {
      await using idle = new FirstProcess("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]);
      await idle.event("listening");
      await idle.signal(signal);
      assertEquals((await idle.exit).code, 0, signal);
      await using busy = new FirstProcess("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT]);
      const { frontend, backend } = await busy.event("listening");
      const worker = peers.req({ connect: (backend as string[])[0]! });
      worker.send(READY);
      peers.req({ connect: (frontend as string[])[0]! }).send("never answered");
      await worker.receive();
      await busy.signal("SIGTERM");
      await busy.event("draining");
      await delay(SIGNAL_ECHO_MS);
      await busy.signal(signal);
      assertEquals((await busy.exit).code, 128 + number, signal);
    }
  },
);
