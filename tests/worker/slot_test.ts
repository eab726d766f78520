import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import type { Frames } from "../../lib/lru.ts";
import type { Executor } from "../../lib/worker/executor.ts";
import { runPool } from "../../lib/worker/pool.ts";
import { type Job, work } from "../../worker.ts";
import { startLocalQueue, statisticsWith } from "../harness/local_queue.ts";
import { Peers, toText } from "../harness/peers.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { READY, receiveReady } from "../harness/ready.ts";
import { RecordingLog } from "../harness/recording_log.ts";
import { scenario } from "../harness/scenario.ts";

scenario("work() gives the handler the body, and sends its reply back with the envelope", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const end = new AbortController();
  const seen: { body: string[]; number: number }[] = [];
  const working = work(async (request, job: Job) => {
    await Promise.resolve();
    seen.push({ body: toText(request), number: job.number });
    return [new TextEncoder().encode("first"), new Uint8Array(), new TextEncoder().encode("last")];
  }, { connect: backend.endpoint, identity: "api", signal: end.signal });
  assertEquals(await receiveReady(backend), "api");
  for (const body of [["one"], ["two", "", "frames"]]) {
    backend.send("api", "", "hop", "client", "", ...body);
    assertEquals(await backend.receiveText(), ["api", "", "hop", "client", "", "first", "", "last"]);
  }
  end.abort();
  assertEquals(await working, 2);
  assertEquals(seen, [{ body: ["one"], number: 1 }, { body: ["two", "", "frames"], number: 2 }]);
});

scenario("work() hands the job back and goes on when the handler throws", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const log = new RecordingLog();
  const end = new AbortController();
  let attempts = 0;
  const working = work((request) => {
    if (++attempts === 1) throw new Error("not today");
    return request;
  }, { connect: queue.backend[0]!, signal: end.signal, log });
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("try me");
  assertEquals(await client.receiveText(), ["try me"]);
  assertEquals(attempts, 2);
  assertEquals(log.events, ["worker ready", "job failed", "worker ready", "job answered"]);
  // That it is ready again after each of many failures would fill the log.
  assertEquals([log.entries[0]!.level, log.entries[2]!.level], ["info", "debug"]);
  assertEquals(log.entries[1], { level: "error", event: "job failed", fields: { job: 1, reason: "not today" } });
  const { redeliveries, answered, ready } = await queue.statistics();
  assertEquals({ redeliveries, answered, ready }, { redeliveries: 1, answered: 1, ready: 2 });
  end.abort();
  assertEquals(await working, 1);
});

/** What a handler may do that gives no reply that can be sent, and the reason in the log. */
const NO_REPLIES: readonly (readonly [() => unknown, RegExp])[] = [
  [() => [], /^The reply has no frames: a reply has at least one frame$/],
  [() => undefined, /^The reply is undefined: a reply is a list of Uint8Array$/],
  [() => "text", /^The reply is a string: a reply is a list of Uint8Array$/],
  [() => ["text"], /^The reply has a string at frame 0: a reply is a list of Uint8Array$/],
  [() => [new Uint8Array(1), new Uint16Array(9)], /^The reply has a Uint16Array at frame 1: /],
  [() => [Object.create(Uint8Array.prototype)], /^The reply is an array that cannot be read /],
  [() => [new Uint8Array(1), shrinking()], /^The reply cannot be sent: the buffer is gone$/],
  [() => Promise.reject(undefined), /^undefined was thrown$/],
  [() => Promise.reject(Object.create(null)), /^an object was thrown, not an Error$/],
  [() => {
    // deno-lint-ignore no-throw-literal -- handlers do so
    throw null;
  }, /^null was thrown, not an Error$/],
  [() => ({
    get then(): never {
      throw new Error("not today");
    },
  }), /^not today$/],
];

/** A frame that fails once its first one was given to libzmq. */
function shrinking(): Uint8Array {
  let uses = 0;
  const frame = new Uint8Array(1);
  Object.defineProperty(frame, "length", {
    get: () => {
      if (++uses === 1) return 1;
      throw new Error("the buffer is gone");
    },
  });
  return frame;
}

scenario(
  "work() hands the job back and keeps running, whatever the handler returns or throws",
  ["queue thread"],
  async () => {
    await using queue = await startLocalQueue();
    await using peers = await Peers.open();
    const log = new RecordingLog();
    const end = new AbortController();
    let attempts = 0;
    const working = work((request) => {
      // The first attempt at each request goes wrong.
      if (attempts++ % 2 === 1) return request;
      return NO_REPLIES[Number(toText(request)[0])]![0]() as Frames;
    }, { connect: queue.backend[0]!, signal: end.signal, log });
    for (const [index, [, reason]] of NO_REPLIES.entries()) {
      const client = peers.req({ connect: queue.frontend[0]! });
      client.send(`${index}`);
      assertEquals(await client.receiveText(), [`${index}`]);
      const failures = await log.entriesOf("job failed", index + 1);
      assertMatch(String(failures[index]!.reason), reason);
    }
    assertEquals((await queue.statistics()).answered, NO_REPLIES.length);
    end.abort();
    assertEquals(await working, NO_REPLIES.length);
  },
);

scenario("work() finishes and answers the running job when its signal is aborted", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const end = new AbortController();
  const working = work((request, { signal }) => {
    end.abort();
    assert(!signal.aborted);
    return request;
  }, { connect: backend.endpoint, identity: "api", signal: end.signal });
  await receiveReady(backend);
  backend.send("api", "", "client", "", "last");
  assertEquals(await backend.receiveText(), ["api", "", "client", "", "last"]);
  assertEquals(await working, 1);
});

scenario("work() hands a job back at once when its time is over, and takes another when it has stopped", [
  "queue thread",
], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const log = new RecordingLog();
  const end = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const reasons: string[] = [];
  const working = work(async (request, { number, signal }) => {
    if (number === 1) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push(signal.reason.message);
      await stopped.promise;
    }
    return request;
  }, { connect: queue.backend[0]!, jobTimeout: "50ms", signal: end.signal, log });
  const client = peers.req({ connect: queue.frontend[0]! });
  client.send("slow");
  await statisticsWith(queue, { redeliveries: 1, workers: 0 });
  assertEquals(reasons, ["The job took longer than 50ms"]);
  stopped.resolve();
  assertEquals(await client.receiveText(), ["slow"]);
  end.abort();
  assertEquals(await working, 1);
  assertEquals(log.entries[1], {
    level: "error",
    event: "job failed",
    fields: { job: 1, reason: "The job took longer than 50ms" },
  });
});

scenario("work() aborts a job when the queue that sent it has gone", ["queue thread"], async () => {
  const first = await startLocalQueue();
  const endpoint = first.backend[0]!;
  await using peers = await Peers.open();
  const log = new RecordingLog();
  const end = new AbortController();
  const begun = Promise.withResolvers<void>();
  const working = work(async (request, { number, signal }) => {
    if (number === 1) {
      begun.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    return request;
  }, { connect: endpoint, signal: end.signal, log });
  peers.req({ connect: first.frontend[0]! }).send("lost");
  await begun.promise;
  await first.abort();
  await using second = await startLocalQueue({ backend: [endpoint] });
  const client = peers.req({ connect: second.frontend[0]! });
  client.send("next");
  assertEquals(await client.receiveText(), ["next"]);
  end.abort();
  assertEquals(await working, 1);
  // Until the second queue is there, nothing may listen.
  const events = log.events.filter((event) => event !== "cannot connect");
  assertEquals(events, ["worker ready", "connection lost", "job failed", "worker ready", "job answered"]);
  assertEquals(log.entries[1]!.fields, { endpoint });
});

scenario("work() pauses longer and longer when one job after another fails", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const end = new AbortController();
  const working = work(() => {
    throw new Error("not today");
  }, { connect: backend.endpoint, signal: end.signal });
  const times: number[] = [];
  const identities = new Set<string>();
  for (let count = 0; count < 4; count++) {
    const identity = await receiveReady(backend);
    identities.add(identity);
    times.push(performance.now());
    backend.send(identity, "", "client", "", "job");
  }
  identities.add(await receiveReady(backend));
  // A queue that has not seen a connection end yet ignores the next one under the same identity, as this one does.
  assertEquals(identities.size, 5);
  // Half of 0, 100, 200 and 400 ms at least.
  const pauses = times.map((time, index) => (times[index + 1] ?? performance.now()) - time);
  assert(pauses[1]! >= 50 && pauses[2]! >= 100 && pauses[3]! >= 200, pauses.join());
  end.abort();
  assertEquals(await working, 0);
});

scenario("work() serves all its queues, and leaves the others while a job takes long", ["queue thread"], async () => {
  await using queues = new AsyncDisposableStack();
  const [one, two] = [queues.use(await startLocalQueue()), queues.use(await startLocalQueue())];
  await using peers = await Peers.open();
  const end = new AbortController();
  const finish = Promise.withResolvers<void>();
  const working = work(async (request) => {
    if (toText(request)[0] === "long") await finish.promise;
    return request;
  }, { connect: [one.backend[0]!, two.backend[0]!], signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  const clients = [peers.req({ connect: one.frontend[0]! }), peers.req({ connect: two.frontend[0]! })] as const;
  for (const client of clients) {
    client.send("short");
    assertEquals(await client.receiveText(), ["short"]);
  }
  clients[0].send("long");
  await statisticsWith(two, { workers: 0 });
  clients[1].send("waits");
  await statisticsWith(two, { waiting: 1 });
  finish.resolve();
  assertEquals(await clients[1].receiveText(), ["waits"]);
  assertEquals(await clients[0].receiveText(), ["long"]);
  end.abort();
  assertEquals(await working, 4);
  assertEquals([(await one.statistics()).redeliveries, (await two.statistics()).redeliveries], [0, 0]);
});

scenario("work() leaves the other queues when a job was told to stop and goes on", ["queue thread"], async () => {
  await using queues = new AsyncDisposableStack();
  const [one, two] = [queues.use(await startLocalQueue()), queues.use(await startLocalQueue())];
  await using peers = await Peers.open();
  const end = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const working = work(async (request, { number }) => {
    if (number === 1) await stopped.promise;
    return request;
  }, { connect: [one.backend[0]!, two.backend[0]!], jobTimeout: "20ms", signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  const clients = [peers.req({ connect: one.frontend[0]! }), peers.req({ connect: two.frontend[0]! })] as const;
  clients[0].send("slow");
  await statisticsWith(one, { redeliveries: 1 });
  await statisticsWith(two, { workers: 0 });
  clients[1].send("waits");
  await statisticsWith(two, { waiting: 1 });
  stopped.resolve();
  assertEquals([await clients[0].receiveText(), await clients[1].receiveText()], [["slow"], ["waits"]]);
  end.abort();
  assertEquals(await working, 2);
  assertEquals((await two.statistics()).redeliveries, 0);
});

scenario("runPool() hands back what another queue had sent when a failed job leaves it unready", [
  "queue thread",
], async () => {
  await using queues = new AsyncDisposableStack();
  const [one, two] = [queues.use(await startLocalQueue()), queues.use(await startLocalQueue())];
  await using peers = await Peers.open();
  const end = new AbortController();
  const begun = Promise.withResolvers<void>();
  const job = Promise.withResolvers<never>();
  let isReady = true;
  const executor: Executor = {
    ready: () => isReady ? Promise.resolve() : Promise.reject(new Error("not any more")),
    execute: () => {
      begun.resolve();
      return job.promise;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const working = runPool(() => executor, { connect: [one.backend[0]!, two.backend[0]!], signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  // One fails, whichever comes first, and the other is held.
  for (const queue of [one, two]) peers.req({ connect: queue.frontend[0]! }).send("job");
  for (const queue of [one, two]) await statisticsWith(queue, { inFlight: 1 });
  await begun.promise;
  isReady = false;
  job.reject(new Error("not today"));
  for (const queue of [one, two]) await statisticsWith(queue, { redeliveries: 1, workers: 0 });
  end.abort();
  assertEquals(await working, 0);
});

scenario("work() does the job next that another queue had already sent when a job takes long", ["ffi"], async () => {
  await using peers = await Peers.open();
  const [one, two] = [peers.router({ bind: ANY_PORT }), peers.router({ bind: ANY_PORT })];
  const end = new AbortController();
  const working = work(async (request) => {
    await delay(toText(request)[0] === "long" ? 250 : 0);
    return request;
  }, { connect: [one.endpoint, two.endpoint], identity: "api", signal: end.signal });
  await Promise.all([receiveReady(one), receiveReady(two)]);
  one.send("api", "", "client", "", "long");
  two.send("api", "", "client", "", "next");
  assertEquals((await one.receiveText()).at(-1), "long");
  assertEquals((await two.receiveText()).at(-1), "next");
  end.abort();
  assertEquals(await working, 2);
});

scenario(
  "work() sends a large reply completely when it leaves that queue because another queue's job failed",
  ["ffi"],
  async () => {
    await using peers = await Peers.open();
    const [one, two] = [peers.router({ bind: ANY_PORT }), peers.router({ bind: ANY_PORT })];
    const end = new AbortController();
    const large = new Uint8Array(64 * 1024 * 1024).fill(7);
    const working = work((request) => {
      if (toText(request)[0] === "fails") throw new Error("not today");
      two.send(second, "", "client", "", "fails");
      return [large];
    }, { connect: [one.endpoint, two.endpoint], signal: end.signal });
    const [first, second] = [await receiveReady(one), await receiveReady(two)];
    one.send(first, "", "client", "", "large");
    // It comes back as another worker, meanwhile or after it.
    const messages = [await one.receive(), await one.receive()];
    assertEquals(messages.map((message) => message.at(-1)!.length).toSorted(), [READY.length, large.length]);
    end.abort();
    assertEquals(await working, 1);
  },
);
