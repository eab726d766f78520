/** The queue and the worker as services: what they tell the service manager that has started them. */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { ROOT, SYSTEM_LIBZMQ } from "../harness/capabilities.ts";
import { Folder } from "../harness/folder.ts";
import { abstractName, NotifySocket } from "../harness/notify_socket.ts";
import { Peers } from "../harness/peers.ts";
import { start, startQueue, startWorker } from "../harness/programs.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi", "files", "shell", "proc"] as const;

/** Registers a test twice: with a manager that listens on a path, and on an abstract address. */
function withManager(name: string, test: (socket: NotifySocket) => Promise<void>): void {
  scenario(`${name}, on a path`, NEEDS, async () => {
    using folder = new Folder();
    using socket = new NotifySocket(folder.file("notify"));
    await test(socket);
  });
  scenario(`${name}, on an abstract address`, NEEDS, async () => {
    using socket = new NotifySocket(abstractName());
    await test(socket);
  });
}

withManager("queue tells its manager when it has bound and when it drains", async (socket) => {
  await using queue = await startQueue([], { env: { NOTIFY_SOCKET: socket.path } });
  const { text } = await socket.until(/READY=1/);
  assertEquals(text, `READY=1\nSTATUS=Listening for clients on ${queue.frontend} and for workers on ${queue.backend}`);
  queue.kill();
  assertMatch((await socket.until(/STOPPING=1/)).text, /^STOPPING=1\nSTATUS=Finishing the pending requests/);
  assertEquals((await queue.exit).code, 0);
  // Nobody has asked for signs of life.
  assertEquals(await socket.receive(0), undefined);
});

withManager("worker tells its manager when it can work, whether it is connected, and when it ends", async (socket) => {
  await using queue = await startQueue();
  const { backend } = queue;
  const args = ["--exec", "cat", "--concurrency", "3"];
  await using worker = startWorker(backend, args, { env: { NOTIFY_SOCKET: socket.path, PATH: "/usr/bin:/bin" } });
  assertEquals((await socket.until(/READY=1/)).text, `READY=1\nSTATUS=Connecting to ${backend}`);
  assertEquals((await socket.until(/./)).text, `STATUS=Connected to ${backend}`);
  queue.kill();
  // Connecting comes in between, unless the next try fails at once.
  assertMatch((await socket.until(/Not connected/)).text, /^STATUS=Not connected to .+ \(.+\)$/);
  worker.kill();
  assertMatch((await socket.until(/STOPPING/)).text, /^STOPPING=1\nSTATUS=Takes no new jobs/);
  assertEquals((await worker.exit).code, 0);
});

scenario("worker is not ready for its manager when its program cannot be started", NEEDS, async () => {
  using socket = new NotifySocket(abstractName());
  await using worker = start("worker", ["--exec", "/no/such/program"], { env: { NOTIFY_SOCKET: socket.path } });
  assertEquals((await worker.exit).code, 1);
  assertEquals(await socket.receive(0), undefined);
});

scenario("programs of a worker do not get its manager's variables", NEEDS, async () => {
  using socket = new NotifySocket(abstractName());
  await using queue = await startQueue();
  const env = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: "1000000", PATH: "/usr/bin:/bin" };
  await using worker = startWorker(queue.backend, ["--exec", "env"], { env });
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend });
  client.send("");
  const [names] = await client.receiveText();
  assert(names!.includes("PATH="));
  assertEquals(/NOTIFY_SOCKET|WATCHDOG/.test(names!), false);
  worker.kill();
});

scenario("a manager that cannot be reached does not stop the queue", NEEDS, async () => {
  await using queue = await startQueue([], { env: { NOTIFY_SOCKET: abstractName(), WATCHDOG_USEC: "100000" } });
  await queue.event("service manager not reached");
  queue.kill();
  assertEquals((await queue.exit).code, 0);
});

/** Half of the time after which the manager would take the queue for hung. */
const INTERVAL_MS = 500;

scenario("queue gives signs of life at half the manager's time, although nothing else happens", NEEDS, async () => {
  using socket = new NotifySocket(abstractName());
  const env = { NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: String(2000 * INTERVAL_MS) };
  await using queue = await startQueue([], { env });
  const first = await socket.until(/^WATCHDOG=1$/);
  let last = first;
  for (let count = 0; count < 5; count++) last = await socket.until(/^WATCHDOG=1$/);
  // They may be read late.
  assertLess(2 * INTERVAL_MS, last.atMs - first.atMs);
  assertLess(last.atMs - first.atMs, 3 * 5 * INTERVAL_MS);
  queue.kill();
});

scenario(
  "queue gives no sign of life while its relay hangs, although its main thread runs",
  [...NEEDS, "gcc", "system libzmq"],
  async () => {
    using folder = new Folder();
    const library = folder.file("hanging.so");
    const source = new URL("tests/harness/hanging_wait.c", ROOT).pathname;
    const link = ["-Wl,--no-as-needed", `-l:${SYSTEM_LIBZMQ}`];
    const compiled = await new Deno.Command("gcc", { args: ["-shared", "-fPIC", "-o", library, source, ...link] })
      .output();
    assertEquals(new TextDecoder().decode(compiled.stderr), "");
    using socket = new NotifySocket(abstractName());
    const hang = folder.file("hang");
    const env = {
      SPQ_LIBZMQ: library,
      SPQ_TEST_HANG: hang,
      NOTIFY_SOCKET: socket.path,
      WATCHDOG_USEC: String(2000 * INTERVAL_MS),
    };
    await using queue = await startQueue([], { env });
    await socket.until(/^WATCHDOG=1$/);
    await Deno.writeTextFile(hang, "");
    await queue.text("stderr", /wait hangs/);
    while (await socket.receive(0) !== undefined);
    // The main thread obeys the signal meanwhile, and says so by itself.
    queue.kill();
    assertMatch((await socket.until(/./)).text, /^STOPPING=1/);
    assertEquals(await socket.receive(5 * INTERVAL_MS), undefined);
    await Deno.remove(hang);
    assertEquals((await queue.exit).code, 0);
  },
);
