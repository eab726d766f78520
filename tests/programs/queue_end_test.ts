import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { concatenate } from "../../lib/lru.ts";
import { SIGNAL_ECHO_MS } from "../../lib/cli/signals.ts";
import { BINARIES, ROOT } from "../harness/capabilities.ts";
import { within } from "../harness/deadline.ts";
import { Folder } from "../harness/folder.ts";
import { Peers } from "../harness/peers.ts";
import { ANY_PORT, QueueProgram, start, startQueue } from "../harness/programs.ts";
import { RawPeer, wireMessage } from "../harness/raw_peer.ts";
import { scenario } from "../harness/scenario.ts";
import { onTransports } from "../harness/transports.ts";

const NEEDS = ["programs", "ffi"] as const;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  scenario(`queue ends with 0 and leaves no file when it gets ${signal}`, ["programs", "files"], async () => {
    using folder = new Folder();
    await using queue = await startQueue([], folder.endpoints);
    assertEquals(folder.names, ["back", "front"]);
    queue.kill(signal);
    const { code, stdout } = await queue.exit;
    assertEquals({ code, stdout, files: folder.names }, { code: 0, stdout: "", files: [] });
    assertEquals(queue.lines.map(({ event }) => event), ["listening", "draining", "ended"]);
    assertEquals((await queue.event("draining")).signal, signal);
  });
}

onTransports(
  "queue answers what is in flight and waiting before it ends when it gets SIGTERM",
  NEEDS,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    client.send("", "in flight");
    client.send("", "waiting");
    const worker = peers.worker(queue.backend);
    const job = await worker.receiveText();
    queue.kill("SIGTERM");
    await queue.event("draining");
    worker.send(...job);
    worker.send(...await worker.receiveText());
    assertEquals(await client.receiveText(), ["", "in flight"]);
    assertEquals(await client.receiveText(), ["", "waiting"]);
    assertEquals((await queue.exit).code, 0);
    const { accepted, answered, leftAtDrain } = await queue.event("ended");
    assertEquals({ accepted, answered, leftAtDrain }, { accepted: 2, answered: 2, leftAtDrain: 0 });
  },
);

/** Has a queue drain, and waits until its relay does. */
async function drain(queue: QueueProgram): Promise<void> {
  queue.kill("SIGTERM");
  await queue.event("draining");
  // The relay answers what it was asked in this order.
  queue.kill("SIGUSR1");
  await queue.event("status");
}

onTransports(
  "queue does not accept requests that come while it drains and no long job runs, and says so",
  NEEDS,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    client.send("", "before");
    const worker = peers.worker(queue.backend);
    peers.worker(queue.backend);
    const job = await worker.receiveText();
    await drain(queue);
    client.send("", "after");
    // It is left unread at first, and read when the queue looks for the end of a connection.
    while (queue.count("request refused", { reason: "draining" }) === 0) {
      await using leaving = peers.dealer({ connect: queue.frontend });
      leaving.send("", "after");
      await delay(5);
    }
    worker.send(...job);
    assertEquals(await client.receiveText(), ["", "before"]);
    assertEquals((await queue.exit).code, 0);
    const { accepted, answered, refusedDraining } = await queue.event("ended");
    assertEquals([accepted, answered], [1, 1]);
    assertLess(0, Number(refusedDraining));
  },
);

onTransports(
  "queue serves requests that come while it drains as long as a long job runs, and then ends",
  NEEDS,
  async ({ startQueue }) => {
    await using queue = await startQueue();
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    const slow = peers.worker(queue.backend);
    await queue.event("worker joined");
    const quick = peers.worker(queue.backend);
    await queue.events("worker joined", 2);
    // What is usual: the two take turns.
    for (let count = 0; count < 10; count++) {
      client.send("", `${count}`);
      const worker = count % 2 === 0 ? slow : quick;
      worker.send(...await worker.receiveText());
      assertEquals(await client.receiveText(), ["", `${count}`]);
    }
    client.send("", "long");
    const job = await slow.receiveText();
    await drain(queue);
    const newcomer = peers.req({ connect: queue.frontend });
    for (const body of ["one", "two"]) {
      newcomer.send(body);
      quick.send(...await quick.receiveText());
      assertEquals(await newcomer.receiveText(), [body]);
    }
    slow.send(...job);
    assertEquals(await client.receiveText(), ["", "long"]);
    assertEquals((await queue.exit).code, 0);
    const { accepted, answered } = await queue.event("ended");
    assertEquals([accepted, answered], [13, 13]);
  },
);

onTransports(
  "queue ends with 1 and counts what is left when the drain's time is over",
  NEEDS,
  async ({ startQueue }) => {
    await using queue = await startQueue(["--drain-timeout", "50ms"]);
    await using peers = await Peers.open();
    const client = peers.dealer({ connect: queue.frontend });
    for (const body of ["in flight", "waiting", "waiting too"]) client.send("", body);
    const worker = peers.worker(queue.backend);
    await worker.receive();
    queue.kill("SIGTERM");
    assertEquals((await queue.exit).code, 1);
    const { accepted, leftAtDrain } = await queue.event("ended");
    assertEquals({ accepted, leftAtDrain }, { accepted: 3, leftAtDrain: 3 });
  },
);

for (const [second, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  scenario(`queue ends at once with ${code} and leaves no file when the second signal is ${second}`, [
    ...NEEDS,
    "files",
  ], async () => {
    using folder = new Folder();
    await using queue = await startQueue(["--drain-timeout", "1h"], folder.endpoints);
    await using peers = await Peers.open();
    const client = peers.req({ connect: queue.frontend });
    client.send("never answered");
    const worker = peers.worker(queue.backend);
    await worker.receive();
    queue.kill("SIGTERM");
    await queue.event("draining");
    // The same one again at once would be taken for an echo of the first.
    await delay(SIGNAL_ECHO_MS);
    queue.kill(second);
    const { code: actual } = await queue.exit;
    assertEquals({ code: actual, files: folder.names }, { code, files: [] });
  });
}

onTransports(
  "queue ends long before the drain's time when its clients leave with replies unread",
  NEEDS,
  async ({ startQueue }) => {
    for (let round = 0; round < 5; round++) {
      await using queue = await startQueue(["--drain-timeout", "1h"]);
      await using peers = await Peers.open();
      peers.echoWorker(queue.backend);
      const clients = Array.from({ length: 50 }, () => peers.dealer({ connect: queue.frontend }));
      for (const client of clients) client.send("", new Uint8Array(4096));
      await clients.at(-1)!.receive();
      await peers[Symbol.asyncDispose]();
      queue.kill("SIGTERM");
      assertEquals((await queue.exit).code, 0);
    }
  },
);

if (BINARIES === undefined) {
  scenario("queue drains when one signal is sent to the whole process group of deno task", [
    ...NEEDS,
    "process groups",
  ], async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const args = ["task", "--quiet", "queue", "--frontend", ANY_PORT, "--backend", ANY_PORT];
      await using queue = new QueueProgram("setsid", { args: [Deno.execPath(), ...args], cwd: ROOT });
      await queue.listening();
      await using peers = await Peers.open();
      const client = peers.req({ connect: queue.frontend });
      client.send("in time");
      const worker = peers.worker(queue.backend);
      const request = await worker.receive();
      Deno.kill(-queue.pid, signal);
      await queue.event("draining");
      worker.send(...request);
      assertEquals(await client.receiveText(), ["in time"]);
      assertEquals((await queue.exit).code, 0);
    }
  });
}

scenario("queue binds where a killed queue left its socket files", ["programs", "files"], async () => {
  using folder = new Folder();
  await using killed = await startQueue([], folder.endpoints);
  killed.kill("SIGKILL");
  await killed.exit;
  assertEquals(folder.names, ["back", "front"]);
  await using queue = await startQueue([], folder.endpoints);
  queue.kill();
  assertEquals((await queue.exit).code, 0);
  assertEquals(folder.names, []);
});

scenario(
  "queue does not take the path of one that is still draining, which, when it ends, leaves a successor its path",
  [
    ...NEEDS,
    "files",
  ],
  async () => {
    using folder = new Folder();
    await using peers = await Peers.open();
    await using first = await startQueue([], folder.endpoints);
    const worker = peers.worker(first.backend);
    const client = peers.req({ connect: first.frontend });
    client.send("job");
    const job = await worker.receiveText();
    first.kill();
    await first.event("draining");
    await using refused = start("queue", ["--frontend", first.frontend, "--backend", first.backend]);
    const { code, stderr } = await refused.exit;
    assertEquals(code, 1);
    assertStringIncludes(stderr, `Cannot bind frontend to "${first.frontend}": somebody listens there (EADDRINUSE)`);
    worker.send(...job);
    assertEquals(await client.receiveText(), ["job"]);
    assertEquals((await first.exit).code, 0);
    await using successor = await startQueue([], folder.endpoints);
    assertEquals(folder.names, ["back", "front"]);
    assertEquals(successor.frontends, folder.endpoints.frontends);
  },
);

onTransports(
  "queue ends within the drain's time when a client does not read its replies",
  NEEDS,
  async ({ startQueue }) => {
    await using queue = await startQueue(["--drain-timeout", "200ms"]);
    await using peers = await Peers.open();
    const worker = peers.worker(queue.backend);
    const requests = 10;
    const reply = new Uint8Array(1024 * 1024);
    const deafAnswered = Promise.withResolvers<void>();
    let answers = 0;
    worker.serve(([client, delimiter]) => {
      worker.send(client!, delimiter!, reply);
      if (++answers === requests) deafAnswered.resolve();
    });
    const deaf = await RawPeer.connect(queue.frontend, "DEALER");
    using _ = deaf;
    // While replies lie unread, not even acknowledgements of further requests reach it.
    await deaf.sendBytes(concatenate(Array.from({ length: requests }, () => wireMessage("", "request"))));
    await within(deafAnswered.promise, () => "the deaf client's requests");
    // The worker's next job shows that the queue has all of its replies.
    const client = peers.req({ connect: queue.frontend });
    client.send("done?");
    assertEquals((await client.receive())[0]!.length, reply.length);
    await worker.close();
    queue.kill();
    assertEquals((await queue.exit).signal, null);
    const { accepted, answered, leftAtDrain } = await queue.event("ended");
    assertEquals([accepted, Number(answered) + Number(leftAtDrain)], [requests + 1, requests + 1]);
  },
);
