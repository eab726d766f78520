/**
 * A restarted queue, which knows nothing of its workers until they send something or are put on trial.
 *
 * @module
 */

import type { QueueProgram } from "../harness/programs.ts";
import { within } from "../harness/deadline.ts";
import { type Peer, Peers } from "../harness/peers.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { restart } from "./killed_queues.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const PYTHON_WORKERS = 2;
const NAMED_PYTHON_WORKERS = 2;
const OUR_WORKERS = 1;
const WORKERS = PYTHON_WORKERS + NAMED_PYTHON_WORKERS + OUR_WORKERS;
/** Longer than the queue needs to get all workers back, so that each worker gets one request. */
const WORK_MS = 3000;
/** Three times what is promised. */
const BACK_WITHIN_MS = 3 * 5000;

/** Again and again: all workers idle, the queue killed, and as many requests as there are workers. */
export const restartedQueue: Fault = {
  name: "restarted-queue",
  guarantee: "queue has all its workers back within 5 s when it was killed and restarted while they were idle",
  needs: ["programs", "pyzmq", "ffi"],
  isLong: true,
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    let queue = await startQueue(["--log-format", "json"]);
    try {
      await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, WORK_MS, ["--tell-jobs"]);
      const options = ["--tell-jobs", "--identity", "named"];
      await using named = new PythonWorkers(queue.backend, NAMED_PYTHON_WORKERS, WORK_MS, options);
      await using ours = new OurWorkers([queue.backend], OUR_WORKERS, WORK_MS);
      await ours.ready();
      await using peers = await Peers.open();
      await engage(queue, peers, [workers, named]);
      const backMs: number[] = [];
      const count = () => [workers.count("job"), named.count("job"), ours.programs[0]!.count("job answered")];
      const startedMs = performance.now();
      do {
        queue = await restart(queue);
        const start = performance.now();
        const before = count();
        const clients = Array.from({ length: WORKERS }, () => peers.req({ connect: queue.frontend }));
        for (const client of clients) client.send("work");
        // Our own worker reports a job only when it has answered it.
        const jobs = Promise.all([
          workers.events("job", PYTHON_WORKERS + before[0]!),
          named.events("job", NAMED_PYTHON_WORKERS + before[1]!),
        ]);
        await within(jobs, () => "each worker's job", BACK_WITHIN_MS);
        backMs.push(Math.round(performance.now() - start));
        await receiveAll(clients);
        // Its line comes after its reply.
        await ours.programs[0]!.events("job answered", OUR_WORKERS + before[2]!);
        const counts = count().map((jobs, kind) => jobs - before[kind]!);
        const wanted = [PYTHON_WORKERS, NAMED_PYTHON_WORKERS, OUR_WORKERS];
        demand(counts.join() === wanted.join(), "Each worker is back, and has one request", { backMs, counts, wanted });
      } while (performance.now() - startedMs < durationMs);
      const end = await endQueue(queue);
      demand(end.answered === WORKERS && end.redeliveries === 0, "No request is redelivered", end);
      return { backMs: backMs.join("/"), trials: end.trials };
    } finally {
      await queue[Symbol.asyncDispose]();
    }
  },
};

/** Clients that give up soon get idle workers too, although no single request waits for long. */
export const impatientClients: Fault = {
  name: "restarted-queue-impatient-clients",
  guarantee: "queue puts silent workers on trial when no client waits for as long as a second",
  needs: ["programs", "pyzmq"],
  isLong: true,
  testMs: 0,
  testsBinaries: false,
  inject: async ({ startQueue }): Promise<Figures> => {
    let queue = await startQueue(["--log-format", "json"]);
    try {
      await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, 10, ["--tell-jobs"]);
      await using peers = await Peers.open();
      await engage(queue, peers, [workers]);
      queue = await restart(queue);
      await using clients = new PythonClients(queue.frontend, 4, ["--timeout", 400, 400, "--tries", 100]);
      const start = performance.now();
      await within(clients.answered(4), () => "answers to impatient clients", BACK_WITHIN_MS);
      const backMs = Math.round(performance.now() - start);
      const { abandoned, retries } = await clients.finish();
      demand(abandoned === 0, "Every request is answered in the end", { abandoned, retries });
      await endQueue(queue);
      return { backMs, retries };
    } finally {
      await queue[Symbol.asyncDispose]();
    }
  },
};

const READY_AFTER_MS = 10_000;
/** Less than the time after which a request on trial is offered to another worker. */
const READY_SOONER_MS = 3000;

/** A worker connects and is slow to send READY. It never sees what is sent to it before that. */
export const lateReady: Fault = {
  name: "late-ready",
  guarantee: "queue loses no request when a worker connects and says READY only 10 s later",
  needs: ["programs", "pyzmq", "ffi"],
  isLong: true,
  testMs: 0,
  testsBinaries: false,
  inject: async ({ startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json"]);
    await using late = new PythonWorkers(queue.backend, 1, 10, ["--ready-after", READY_AFTER_MS]);
    await using sooner = new PythonWorkers(queue.backend, 1, 10, ["--ready-after", READY_SOONER_MS]);
    await using peers = await Peers.open();
    const start = performance.now();
    const clients = Array.from({ length: 3 }, () => peers.req({ connect: queue.frontend }));
    for (const client of clients) client.send("work");
    await receiveAll(clients);
    const answeredMs = Math.round(performance.now() - start);
    demand(late.count("ready") === 0, "What one worker never saw is offered to another", { answeredMs });
    await Promise.all([late.ready(), sooner.ready()]);
    const end = await endQueue(queue);
    demand(end.answered === 3 && end.redeliveries === 0 && end.exhausted === 0, "No request is lost", end);
    demand(end.trials === 2, "Both silent workers get a request on trial", end);
    return { answeredMs, trials: end.trials };
  },
};

async function receiveAll(clients: readonly Peer[]): Promise<void> {
  const replies = await Promise.all(clients.map((client) => client.receiveText()));
  demand(replies.every((reply) => reply.join() === "work"), "Each gets its reply", replies);
  await Promise.all(clients.map((client) => client.close()));
}

/** Sends requests until each worker has had one, which shows that the queue knows it. */
async function engage(queue: QueueProgram, peers: Peers, groups: readonly PythonWorkers[]): Promise<void> {
  await Promise.all(groups.map((workers) => workers.ready()));
  const clients = Array.from({ length: WORKERS }, () => peers.req({ connect: queue.frontend }));
  for (const client of clients) client.send("work");
  await Promise.all(groups.map((workers) => workers.allWorked()));
  await receiveAll(clients);
}
