/**
 * Makes one overload experiment with one queue.
 *
 * @module
 */

import { namedArguments, readNumbers, runLoad } from "./load_process.ts";
import { type LogEntry, QueueProcess, type QueueProgram } from "./queue_process.ts";

/** Arguments of `load/overload.c`, by name. */
export type OverloadLoad = Readonly<Record<string, string | number>>;

/** What happened within one second of an experiment. */
export interface Second {
  /** Which second, from 0. */
  readonly second: number;
  /** Replies within the client's time. */
  readonly answered: number;
  /** Times that were over without a reply. */
  readonly gaveUp: number;
  /** Jobs done. */
  readonly jobs: number;
  /** Requests that came to a worker when their client had left. */
  readonly stale: number;
  /** Jobs done whose client had left by their end. */
  readonly wasted: number;
  /** How long there were workers, summed over them. */
  readonly presentMs: number;
  /** How long they worked. */
  readonly busyMs: number;
  /** How long they worked for replies that came in time. */
  readonly usefulMs: number;
}

/** What happened in a whole experiment. */
export interface OverloadTotals {
  /** Requests, each counted once however often it was sent. */
  readonly requests: number;
  /** Requests answered after a retry. */
  readonly retried: number;
  /** From a request's first send to its reply. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest of these times, and of those of requests that had no reply at the end. */
  readonly maxMs: number;
  /** From the workers' return, or the start, to the first reply; missing when there was none. */
  readonly firstReplyMs?: number;
  /** When the load ended, as `Date.now()` says it. */
  readonly endedAtMs: number;
}

/** An experiment as it went with one queue. */
export interface OverloadRun {
  /** Second by second. */
  readonly seconds: readonly Second[];
  /** In all. */
  readonly totals: OverloadTotals;
  /** The queue's resident memory when it listened. */
  readonly idleBytes: number;
  /** The same a second after the load's end. */
  readonly afterBytes: number;
  /** How often the queue said that its order changed; it says so once a second at most. */
  readonly ordersTold: number;
  /** From the load's end to the line that says that the order is first in, first out again; missing without one. */
  readonly orderBackMs?: number;
  /** What a second after the load's end the longest request of a few patient clients took. */
  readonly patientMaxMs: number;
}

/** How an experiment is made. */
export interface OverloadSetup {
  /** The path of the load generator. */
  readonly program: string;
  /** The load. */
  readonly load: OverloadLoad;
  /** The cores of queue and load, as `taskset -c` takes them. */
  readonly cores: string;
}

const SECOND_NAMES = [
  "second",
  "answered",
  "gaveUp",
  "jobs",
  "stale",
  "wasted",
  "presentMs",
  "busyMs",
  "usefulMs",
] as const;
const TOTAL_NAMES = ["requests", "retried", "p50Ms", "p99Ms", "maxMs", "endedAtMs"] as const;

/** So long after the load's end its traces have to be gone. */
const AFTERWARDS_MS = 1000;

/** Four clients and one worker: first in, first out each request takes four jobs, and otherwise some take much longer. */
const PATIENT_LOAD: OverloadLoad = { seconds: 2, clients: 4, timeouts: 10_000, spread: 200, workers: 1, job: 50 };

async function runOverload(
  running: QueueProcess,
  queue: QueueProgram,
  setup: OverloadSetup,
): Promise<{ seconds: Second[]; totals: OverloadTotals }> {
  const args = [running.protocol, running.frontend, running.backend, ...namedArguments(setup.load)];
  const lines = await runLoad({ program: setup.program, queue: queue.name, args, cores: setup.cores });
  const last = lines.pop();
  const hasFirstReply = typeof last === "object" && last !== null && "firstReplyMs" in last;
  return {
    seconds: lines.map((line) => readNumbers(line, SECOND_NAMES)),
    totals: {
      ...readNumbers(last, TOTAL_NAMES),
      ...(hasFirstReply ? readNumbers(last, ["firstReplyMs"]) : {}),
    },
  };
}

/** Finds the last change of the order, when it was back to first in, first out. */
function orderBack(changes: readonly LogEntry[], endedAtMs: number): { orderBackMs?: number } {
  const last = changes.at(-1);
  if (last === undefined || last.order !== "oldest first" || typeof last.time !== "string") return {};
  return { orderBackMs: Math.max(0, Date.parse(last.time) - endedAtMs) };
}

/**
 * Starts a queue, puts the experiment's load on it and then that of a few patient clients, and ends it.
 *
 * @param queue The queue.
 * @param setup The load, and where it runs.
 * @returns What was seen.
 * @throws {BenchError} When the queue does not start or end as it should, or a client got a reply that is not its own.
 */
export async function measureOverload(queue: QueueProgram, setup: OverloadSetup): Promise<OverloadRun> {
  await using running = await QueueProcess.start(queue, setup.cores);
  const idleBytes = await running.residentBytes();
  const { seconds, totals } = await runOverload(running, queue, setup);
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  const afterBytes = await running.residentBytes();
  const changes = running.log.filter(({ event }) => event === "order changed");
  const patient = await runOverload(running, queue, { ...setup, load: PATIENT_LOAD });
  return {
    seconds,
    totals,
    idleBytes,
    afterBytes,
    ordersTold: changes.length,
    ...orderBack(changes, totals.endedAtMs),
    patientMaxMs: patient.totals.maxMs,
  };
}
