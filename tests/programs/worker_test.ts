import { assert, assertEquals, assertGreaterOrEqual, assertMatch, assertRejects } from "@std/assert";
import { delay } from "../../lib/delay.ts";
import { chooseFault, GUIDE_FAULTS, seededRandom } from "../../lib/worker/guide_worker.ts";
import type { Executor } from "../../lib/worker/executor.ts";
import { SIGNAL_ECHO_MS } from "../../lib/cli/signals.ts";
import { runPool } from "../../lib/worker/pool.ts";
import { IntOption } from "../../lib/zmq/constants.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { type Job, work } from "../../worker.ts";
import { startLocalQueue, statisticsWith } from "../harness/local_queue.ts";
import { type Peer, Peers, toText } from "../harness/peers.ts";
import type { Program } from "../harness/program.ts";
import { ANY_PORT, startWorker } from "../harness/programs.ts";
import { RecordingLog } from "../harness/recording_log.ts";
import { scenario } from "../harness/scenario.ts";

const NEEDS = ["programs", "ffi"] as const;
const FAULTLESS = ["--work", "0", "--no-faults"];
const READY = "\x01";

/** Waits for READY at a backend that a test plays itself. */
async function receiveReady(backend: Peer): Promise<string> {
  const [identity, ...frames] = await backend.receiveText();
  assertEquals(frames, ["", READY]);
  return identity!;
}

/** Gives a worker jobs, one after another, until it ends or all are answered. */
async function countAnswers(backend: Peer, worker: Program, jobs: number): Promise<number> {
  const identity = await receiveReady(backend);
  for (let job = 1; job <= jobs; job++) {
    backend.send(identity, "", "client", "", `${job}`);
    const reply = await Promise.race([backend.receiveText(), worker.exit.then(() => undefined)]);
    if (reply === undefined) return job - 1;
    assertEquals(reply, [identity, "", "client", "", `${job}`]);
  }
  return jobs;
}

scenario("worker says READY with an identity of the form %04X-%04X", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const identities = new Set<string>();
  for (let count = 0; count < 3; count++) {
    await using worker = startWorker(backend.endpoint, FAULTLESS);
    const identity = await receiveReady(backend);
    assertMatch(identity, /^[0-9A-F]{4}-[0-9A-F]{4}$/);
    assertEquals((await worker.event("worker ready")).identity, identity);
    identities.add(identity);
  }
  assertEquals(identities.size, 3);
});

scenario("worker returns the whole message when it has several frames and a nested envelope", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using _worker = startWorker(backend.endpoint, FAULTLESS);
  const identity = await receiveReady(backend);
  for (
    const message of [
      ["client", "", "body"],
      ["client", "", ""],
      ["hop", "client", "", "a", "", "b"],
      ["\x01", "", READY],
      ["client", "", "\0\xff"],
    ]
  ) {
    backend.send(identity, "", ...message);
    assertEquals(await backend.receiveText(), [identity, "", ...message]);
  }
});

scenario("worker tells what it does, one line an event", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, FAULTLESS);
  assertEquals(await countAnswers(backend, worker, 2), 2);
  worker.kill();
  assertEquals((await worker.exit).stdout, "");
  const identity = worker.lines[0]!.identity;
  assertEquals(worker.lines.map(({ time: _, ...rest }) => rest), [
    { level: "info", event: "worker ready", identity, connect: backend.endpoint },
    { level: "info", event: "job answered", identity, job: 1 },
    { level: "info", event: "job answered", identity, job: 2 },
    { level: "info", event: "ending", signal: "SIGTERM" },
    { level: "info", event: "worker ended", answered: 2 },
  ]);
});

scenario("worker ends with 1 and no answer when it meets a simulated crash", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, ["--work", "0", "--crash-odds", "1", "--healthy-jobs", "0"]);
  assertEquals(await countAnswers(backend, worker, 1), 0);
  const { code } = await worker.exit;
  assertEquals([code, worker.lines.at(-1)!.event, backend.poll()], [1, "simulated crash", undefined]);
});

scenario("worker crashes no earlier than after its healthy jobs", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, ["--work", "0", "--crash-odds", "1"]);
  assertEquals(await countAnswers(backend, worker, 9), 3);
});

scenario("worker answers late when it meets a simulated CPU overload", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const args = ["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "150ms"];
  await using worker = startWorker(backend.endpoint, ["--work", "50ms", ...args]);
  const identity = await receiveReady(backend);
  const before = performance.now();
  backend.send(identity, "", "client", "", "slow");
  assertEquals(await backend.receiveText(), [identity, "", "client", "", "slow"]);
  assertGreaterOrEqual(performance.now() - before, 199);
  assertEquals((await worker.event("simulated CPU overload")).ms, 150);
});

scenario("worker misbehaves at the same jobs when it has the same seed", NEEDS, async () => {
  const seed = 11;
  const random = seededRandom(seed);
  let healthy = 0;
  while (chooseFault(healthy + 1, GUIDE_FAULTS, random) !== "crash") healthy++;
  for (let run = 0; run < 2; run++) {
    await using peers = await Peers.open();
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, ["--work", "0", "--overload", "0", "--seed", `${seed}`]);
    assertEquals(await countAnswers(backend, worker, healthy + 1), healthy);
    assertEquals((await worker.exit).code, 1);
  }
});

scenario("worker finishes its job and ends with 0 when it gets SIGTERM or SIGINT", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, [
      ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "100ms", "--work", "0"],
    ]);
    const identity = await receiveReady(backend);
    backend.send(identity, "", "client", "", "last");
    await worker.event("simulated CPU overload");
    worker.kill(signal);
    assertEquals((await worker.event("ending")).signal, signal);
    assertEquals(await backend.receiveText(), [identity, "", "client", "", "last"]);
    assertEquals((await worker.exit).code, 0);
    assertEquals((await worker.event("worker ended")).answered, 1);
  }
});

scenario("worker sends its last reply whole before it ends when that is large", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, [
    ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "50ms", "--work", "0"],
  ]);
  const identity = await receiveReady(backend);
  const body = new Uint8Array(32 * 1024 * 1024).fill(7);
  backend.send(identity, "", "client", "", body);
  await worker.event("simulated CPU overload");
  worker.kill();
  const reply = await backend.receive();
  assertEquals([reply.length, reply.at(-1)!.length], [5, body.length]);
  assertEquals((await worker.exit).code, 0);
});

scenario("worker ends at once with 128+n when it gets a second signal", NEEDS, async () => {
  await using peers = await Peers.open();
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    const backend = peers.router({ bind: ANY_PORT });
    await using worker = startWorker(backend.endpoint, [
      ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "1h"],
    ]);
    const identity = await receiveReady(backend);
    backend.send(identity, "", "client", "", "never answered");
    await worker.event("simulated CPU overload");
    worker.kill("SIGTERM");
    await worker.event("ending");
    // The same one again at once would be taken for an echo of the first.
    await delay(SIGNAL_ECHO_MS);
    worker.kill(signal);
    assertEquals((await worker.exit).code, code);
  }
});

scenario("worker ends with 0 when it gets SIGTERM and there is no queue", NEEDS, async () => {
  await using worker = startWorker("tcp://127.0.0.1:1", FAULTLESS);
  await worker.event("worker ready");
  worker.kill();
  assertEquals((await worker.exit).code, 0);
});

scenario("worker does a job for each core at once when it has --concurrency auto", NEEDS, async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(backend.endpoint, [
    ...["--crash-odds", "0", "--overload-odds", "1", "--healthy-jobs", "0", "--overload", "1h"],
    ...["--concurrency", "auto"],
  ]);
  const cores = navigator.hardwareConcurrency;
  const identities = new Set<string>();
  for (let count = 0; count < cores; count++) identities.add(await receiveReady(backend));
  assertEquals(identities.size, cores);
  for (const identity of identities) backend.send(identity, "", "client", "", "long");
  await worker.events("simulated CPU overload", cores);
  // One more would have said READY before the first got its job.
  assertEquals([backend.poll(), worker.count("worker ready")], [undefined, cores]);
});

scenario("worker says READY again when the queue has gone and come back", NEEDS, async () => {
  await using peers = await Peers.open();
  const first = peers.router({ bind: ANY_PORT });
  await using worker = startWorker(first.endpoint, FAULTLESS);
  const identity = await receiveReady(first);
  await first.close();
  await worker.event("connection lost");
  const second = peers.router({ bind: first.endpoint });
  assertEquals(await receiveReady(second), identity);
  await worker.events("worker ready", 2, { identity });
  second.send(identity, "", "client", "", "welcome back");
  assertEquals(await second.receiveText(), [identity, "", "client", "", "welcome back"]);
});

scenario("work() gives the handler the body and sends its reply back by the envelope", ["ffi"], async () => {
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
  }, { connect: queue.backends[0]!, signal: end.signal, log });
  const client = peers.req({ connect: queue.frontends[0]! });
  client.send("try me");
  assertEquals(await client.receiveText(), ["try me"]);
  assertEquals(attempts, 2);
  assertEquals(log.events, ["worker ready", "job failed", "worker ready", "job answered"]);
  assertEquals(log.entries[1], { level: "error", event: "job failed", fields: { job: 1, reason: "not today" } });
  const { redeliveries, answered, ready } = await queue.statistics();
  assertEquals({ redeliveries, answered, ready }, { redeliveries: 1, answered: 1, ready: 2 });
  end.abort();
  assertEquals(await working, 1);
});

scenario("work() hands the job back when the handler returns a reply without frames", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const log = new RecordingLog();
  const end = new AbortController();
  const working = work((request, { number }) => number === 1 ? [] : request, {
    connect: queue.backends[0]!,
    signal: end.signal,
    log,
  });
  const client = peers.req({ connect: queue.frontends[0]! });
  client.send("anything");
  assertEquals(await client.receiveText(), ["anything"]);
  const [failure] = await log.entriesOf("job failed", 1);
  assertEquals(failure, { job: 1, reason: "The reply has no frames: a reply has at least one frame" });
  end.abort();
  assertEquals(await working, 1);
});

scenario("work() finishes and answers the job that runs when its signal is aborted", ["ffi"], async () => {
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

scenario("work() does as many jobs at once as it is told, each as a worker of its own", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT });
  const end = new AbortController();
  const running: (() => void)[] = [];
  const working = work(async (request) => {
    await new Promise<void>((resolve) => running.push(resolve));
    return request;
  }, { connect: backend.endpoint, identity: "api", concurrency: 3, signal: end.signal });
  const identities = [await receiveReady(backend), await receiveReady(backend), await receiveReady(backend)];
  assertEquals(identities.toSorted(), ["api", "api-2", "api-3"]);
  for (const identity of identities) backend.send(identity, "", "client", "", identity);
  // The first job ends when all run.
  while (running.length < 3) await delay(1);
  for (const finish of running) finish();
  const replies = [await backend.receiveText(), await backend.receiveText(), await backend.receiveText()];
  assertEquals(replies.map((reply) => [reply[0], reply.at(-1)]).sort(), identities.map((name) => [name, name]).sort());
  end.abort();
  assertEquals(await working, 3);
});

scenario("work() serves a queue that is named twice as two workers", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  const end = new AbortController();
  const backend = queue.backends[0]!;
  const working = work((request) => request, { connect: [backend, backend], signal: end.signal });
  await statisticsWith(queue, { idleWorkers: 2 });
  end.abort();
  assertEquals(await working, 0);
  assertEquals((await queue.statistics()).ready, 2);
});

scenario("work() does more jobs at once than libzmq has sockets for by default", ["ffi"], async () => {
  await using peers = await Peers.open();
  const backend = peers.router({ bind: ANY_PORT, options: [[IntOption.BACKLOG, 1024]] });
  const end = new AbortController();
  const working = work((request) => request, {
    connect: backend.endpoint,
    concurrency: 400,
    signal: end.signal,
  });
  for (let count = 0; count < 400; count++) await receiveReady(backend);
  end.abort();
  assertEquals(await working, 0);
});

scenario("work() ends by itself after its most jobs, and answers them all", ["queue thread"], async () => {
  await using queue = await startLocalQueue();
  await using peers = await Peers.open();
  const clients = Array.from({ length: 10 }, () => peers.req({ connect: queue.frontends[0]! }));
  for (const [index, client] of clients.entries()) client.send(`${index}`);
  const options = { connect: queue.backends[0]!, concurrency: 3, maxJobs: 5 };
  assertEquals(await work((request) => request, options), 5);
  assertEquals(await work((request) => request, options), 5);
  for (const [index, client] of clients.entries()) assertEquals(await client.receiveText(), [`${index}`]);
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
  }, { connect: queue.backends[0]!, jobTimeout: "50ms", signal: end.signal, log });
  const client = peers.req({ connect: queue.frontends[0]! });
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
  const endpoint = first.backends[0]!;
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
  peers.req({ connect: first.frontends[0]! }).send("lost");
  await begun.promise;
  await first.abort();
  await using second = await startLocalQueue({ backends: [endpoint] });
  const client = peers.req({ connect: second.frontends[0]! });
  client.send("next");
  assertEquals(await client.receiveText(), ["next"]);
  end.abort();
  assertEquals(await working, 1);
  assertEquals(log.events, ["worker ready", "connection lost", "job failed", "worker ready", "job answered"]);
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
  }, { connect: [one.backends[0]!, two.backends[0]!], signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  const clients = [peers.req({ connect: one.frontends[0]! }), peers.req({ connect: two.frontends[0]! })] as const;
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
  }, { connect: [one.backends[0]!, two.backends[0]!], jobTimeout: "20ms", signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  const clients = [peers.req({ connect: one.frontends[0]! }), peers.req({ connect: two.frontends[0]! })] as const;
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
  const working = runPool(() => executor, { connect: [one.backends[0]!, two.backends[0]!], signal: end.signal });
  await statisticsWith(one, { idleWorkers: 1 });
  await statisticsWith(two, { idleWorkers: 1 });
  // One fails, whichever comes first, and the other is held.
  for (const queue of [one, two]) peers.req({ connect: queue.frontends[0]! }).send("job");
  for (const queue of [one, two]) await statisticsWith(queue, { inFlight: 1 });
  await begun.promise;
  isReady = false;
  job.reject(new Error("not today"));
  for (const queue of [one, two]) await statisticsWith(queue, { redeliveries: 1, workers: 0 });
  end.abort();
  assertEquals(await working, 0);
});

scenario("work() does next what another queue had sent already when a job takes long", ["ffi"], async () => {
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

scenario("work() sends a large reply whole when it leaves that queue since another's job failed", ["ffi"], async () => {
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
});

Deno.test("work() rejects with a RangeError when an option is wrong", async () => {
  for (
    const [options, phrase] of [
      [{ connect: [] }, "connect must name at least 1 endpoint"],
      [{ connect: "tcp://*:5556" }, "names its host and port"],
      [{ connect: ["tcp://localhost:1", "tcp://localhost:1"], identity: "api" }, "twice under one identity"],
      [{ concurrency: 0 }, "Cannot do 0 jobs at once"],
      [{ concurrency: 1.5 }, "whole number between 1 and 1024"],
      [{ maxJobs: -1 }, "Cannot end after -1 jobs"],
      [{ jobTimeout: "soon" }, 'Cannot use job timeout "soon"'],
    ] as const
  ) await assertRejects(() => work((request) => request, options), RangeError, phrase);
});

Deno.test("work() rejects with a TypeError that suggests a name when an option does not exist", async () => {
  await assertRejects(
    () => work((request) => request, { endpoint: ["tcp://localhost:1"], concurency: 2 } as object),
    TypeError,
    'Unknown option "endpoint" of work()',
  );
  await assertRejects(
    () => work((request) => request, { concurency: 2 } as object),
    TypeError,
    'did you mean "concurrency"?',
  );
});

scenario("work() resolves at once when its signal was aborted before", ["ffi"], async () => {
  assertEquals(await work((request) => request, { signal: AbortSignal.abort() }), 0);
});

scenario(
  "work() rejects and leaves nothing open when libzmq does not take the endpoint or the identity",
  ["ffi"],
  async () => {
    for (
      const [options, code] of [
        [{ connect: "tcp://-:1" }, "EINVAL"],
        [{ connect: "tcp://127.0.0.1:1", identity: "x".repeat(256) }, "EINVAL"],
      ] as const
    ) {
      const error = await assertRejects(() => work((request) => request, options), ZmqError);
      assertEquals(error.code, code);
    }
  },
);
