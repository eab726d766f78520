import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { QUEUE_OPTIONS } from "../../lib/queue/config.ts";
import { type Queue, QueueError, type QueueOptions, startQueue } from "../../queue.ts";
import { within } from "../harness/deadline.ts";
import { startLocalQueue, statisticsWith } from "../harness/local_queue.ts";
import { Peers } from "../harness/peers.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["queue thread"] as const;

scenario("startQueue() resolves when it listens, with real ports and libzmq's version", NEEDS, async () => {
  await using queue = await startLocalQueue({ frontend: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*"] });
  for (const endpoint of [...queue.frontend, ...queue.backend]) {
    assertMatch(endpoint, /^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
  }
  assertEquals([queue.frontend.length, queue.backend.length], [2, 1]);
  assertEquals([queue.libzmqVersion, queue.hasDraftApi], ["4.3.5", true]);
});

scenario("startQueue() rejects with EADDRINUSE and leaves nothing bound when a port is taken", NEEDS, async () => {
  await using taken = await startLocalQueue();
  const [endpoint] = taken.backend;
  const free = await freeEndpoint();
  const error = await assertRejects(
    () => startQueue({ frontend: free, backend: endpoint! }),
    QueueError,
  );
  assertEquals(error.code, "EADDRINUSE");
  assertEquals(
    error.message,
    `Cannot bind backend to "${endpoint}": address already in use (EADDRINUSE); ` +
      "with --wait-for-ports 60s the queue waits until it is free",
  );
  await using queue = await startLocalQueue({ frontend: [free] });
  assertEquals(queue.frontend, [free]);
});

scenario("startQueue() rejects when an option is unknown or wrong", NEEDS, async () => {
  await assertRejects(
    () => startQueue({ frontend: "udp://127.0.0.1:1" }),
    RangeError,
    'Option frontend cannot be "udp://127.0.0.1:1": an endpoint begins with tcp:// or ipc://',
  );
  await assertRejects(
    () => startQueue({ frontends: [] } as QueueOptions),
    TypeError,
    'Unknown option "frontends" of startQueue(), did you mean "frontend"?',
  );
});

scenario("startQueue() can be called several times in one process", NEEDS, async () => {
  await using one = await startLocalQueue();
  await using two = await startLocalQueue();
  await using peers = await Peers.open();
  for (const [name, queue] of [["one", one], ["two", two]] as const) {
    peers.echoWorker(queue.backend[0]!);
    const client = peers.req({ connect: queue.frontend[0]! });
    client.send(name);
    assertEquals(await client.receiveText(), [name]);
  }
  assertEquals([(await one.statistics()).answered, (await two.statistics()).answered], [1, 1]);
});

scenario("Queue.statistics() counts what was asked, waits and was answered", NEEDS, async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const client = peers.dealer({ connect: queue.frontend[0]! });
  for (const body of ["a", "b", "c"]) client.send("", body);
  const worker = peers.worker(queue.backend[0]!);
  worker.send(...await worker.receiveText());
  await client.receive();
  await worker.receive();
  const statistics = await statisticsWith(queue, { inFlight: 1 });
  const { accepted, answered, waiting, workers, idleWorkers, clients, ready } = statistics;
  assertEquals(
    { accepted, answered, waiting, workers, idleWorkers, clients, ready },
    { accepted: 3, answered: 1, waiting: 1, workers: 1, idleWorkers: 0, clients: 1, ready: 1 },
  );
});

scenario("Queue goes on when the caller's log throws", NEEDS, async () => {
  const logged = Promise.withResolvers<void>();
  const fail = () => {
    logged.resolve();
    throw new Error("the log is broken");
  };
  await using queue = await startLocalQueue({ log: { debug: fail, info: fail, warning: fail, error: fail } });
  await using peers = await Peers.open();
  await using client = peers.req({ connect: queue.frontend[0]! });
  // The queue warns that this looks like a worker at the frontend.
  client.send("READY");
  await within(logged.promise, () => "a log line");
  peers.echoWorker(queue.backend[0]!);
  assertEquals(await client.receiveText(), ["READY"]);
});

scenario("Queue.statistics() answers everyone when it is called several times at once", NEEDS, async () => {
  await using queue = await startLocalQueue();
  const answers = await Promise.all([queue.statistics(), queue.statistics(), queue.statistics()]);
  assertEquals(answers.map(({ accepted }) => accepted), [0, 0, 0]);
});

scenario("Queue.statistics() rejects when the queue has ended", NEEDS, async () => {
  const queue = await startLocalQueue();
  await queue.abort();
  await assertRejects(async () => await queue.statistics(), QueueError, "a queue that has ended");
});

scenario("Queue.drain() finishes what is there, and resolves to the last figures", NEEDS, async () => {
  const queue = await startLocalQueue();
  await using peers = await Peers.open();
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("last");
  const worker = peers.worker(queue.backend[0]!);
  const job = await worker.receiveText();
  const draining = queue.drain();
  const again = queue.drain(0);
  worker.send(...job);
  assertEquals(await client.receiveText(), ["last"]);
  const { answered, leftAtDrain } = await draining;
  assertEquals({ answered, leftAtDrain }, { answered: 1, leftAtDrain: 0 });
  assertEquals(await again, await queue.ended);
});

scenario("Queue.drain() counts what is left when its time is over", NEEDS, async () => {
  const queue = await startLocalQueue();
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend[0]! }).send("left");
  await statisticsWith(queue, { waiting: 1 });
  const { accepted, leftAtDrain } = await queue.drain(10);
  assertEquals({ accepted, leftAtDrain }, { accepted: 1, leftAtDrain: 1 });
});

scenario("Queue.statistics() counts what is left while the queue drains, and at its end", NEEDS, async () => {
  const queue = await startLocalQueue();
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend[0]! }).send("left");
  await statisticsWith(queue, { waiting: 1 });
  const draining = queue.drain();
  assertEquals((await queue.statistics()).waiting, 1);
  const [last, end] = await Promise.all([queue.statistics(), draining, queue.abort()]);
  assertEquals([last.accepted, end.leftAtDrain], [1, 1]);
});

scenario("Queue.drain() rejects and goes on serving when its timeout is wrong", NEEDS, async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  for (const timeout of [Infinity, NaN, -1, 0.5, 2 ** 31, "10"]) {
    await assertRejects(() => queue.drain(timeout), RangeError, "Option timeout cannot be ");
  }
  peers.echoWorker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("still there?");
  assertEquals(await client.receiveText(), ["still there?"]);
});

scenario("Queue.drain() uses the option drainTimeout when it is called without a timeout", NEEDS, async () => {
  const queue = await startLocalQueue({ drainTimeout: "10ms" });
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend[0]! }).send("left");
  await statisticsWith(queue, { waiting: 1 });
  const { accepted, leftAtDrain } = await queue.drain();
  assertEquals({ accepted, leftAtDrain }, { accepted: 1, leftAtDrain: 1 });
});

scenario("Queue.abort() ends at once, also while it drains", NEEDS, async () => {
  const queue = await startLocalQueue();
  await using peers = await Peers.open();
  peers.req({ connect: queue.frontend[0]! }).send("lost");
  await statisticsWith(queue, { waiting: 1 });
  const draining = queue.drain(3_600_000);
  const { leftAtDrain } = await queue.abort();
  assertEquals([leftAtDrain, (await draining).leftAtDrain], [1, 1]);
  assertEquals(await queue.abort(), await queue.ended);
});

scenario("Queue drains when `await using` leaves its scope", NEEDS, async () => {
  let ended: Queue["ended"];
  {
    await using queue = await startLocalQueue();
    ended = queue.ended;
    assert((await queue.statistics()).accepted === 0);
  }
  assertEquals((await ended).accepted, 0);
});

/** An endpoint that is free, since a queue that had it has ended. */
async function freeEndpoint(): Promise<string> {
  await using queue = await startLocalQueue();
  return queue.frontend[0]!;
}

scenario("Queue hides the identities that libzmq gives from workers", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const worker = peers.worker(queue.backend[0]!);
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("hello");
  const [alias, ...rest] = await worker.receiveText();
  assertMatch(alias!, /^[\w-]{16}$/);
  worker.send(alias!, ...rest);
  assertEquals(await client.receiveText(), ["hello"]);
  // The same connection keeps its alias, another one gets another.
  client.send("again");
  assertEquals((await worker.receiveText())[0], alias);
  worker.send(alias!, ...rest);
  peers.req({ connect: queue.frontend[0]! }).send("other");
  assertNotEquals((await worker.receiveText())[0], alias);
});

scenario("Queue goes on when a peer chooses the identities that libzmq would give next from a fixed start", [
  "queue thread",
], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  // Where nobody seeds the C library's random numbers, the first anonymous peer gets 6b8b4567 or the number behind it.
  for (const [connect, ask] of [[queue.frontend[0]!, true], [queue.backend[0]!, false]] as const) {
    for (let number = 0x6b8b4560; number < 0x6b8b4580; number++) {
      const identity = String.fromCharCode(0, number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
      peers.dealer({ connect, identity }).send("", ask ? "attack" : "\x01");
    }
  }
  await statisticsWith(queue, { accepted: 32 });
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("still there");
  await statisticsWith(queue, { accepted: 33 });
});

scenario("queue lets in a client with the longest identity when its message limit is the smallest", NEEDS, async () => {
  await using queue = await startLocalQueue({ maxMessageSize: QUEUE_OPTIONS.maxMessageSize.min });
  await using peers = await Peers.open();
  peers.echoWorker(queue.backend[0]!);
  const client = peers.dealer({ connect: queue.frontend[0]!, identity: "i".repeat(255) });
  client.send("", "hello");
  assertEquals(await client.receiveText(), ["", "hello"]);
});
