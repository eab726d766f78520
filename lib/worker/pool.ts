/**
 * A worker's slots: as many jobs at once as it is told, in one libzmq context.
 *
 * @module
 */

import { parseEndpoint } from "../endpoint.ts";
import { checkProperties } from "../known_properties.ts";
import type { EventLog } from "../log.ts";
import type { Executor } from "./executor.ts";
import { type Duration, durationMs } from "../units.ts";
import { WorkerSlot } from "./slot.ts";
import { ContextOption, SOCKET_LIMIT } from "../zmq/constants.ts";
import { loadLibrary } from "../zmq/library.ts";
import { Context } from "../zmq/context.ts";
import { Waiter } from "../zmq/waiter.ts";

/** The queue's backend, as in the Guide. */
export const DEFAULT_BACKEND = "tcp://localhost:5556";
/** More jobs at once than any machine does well. */
export const MAX_CONCURRENCY = 1024;

/** How a worker is to be. */
export interface WorkOptions {
  /**
   * The queue's backend, or a list of several queues' backends, all of which the worker serves. With an identity each can be
   * named once only.
   *
   * @default "tcp://localhost:5556"
   */
  readonly connect?: string | readonly string[];
  /**
   * The worker's identity, 1 to 255 bytes of ASCII that no other worker has; with several jobs at once those after the first
   * have `-2`, `-3`, ... behind it. A queue without `ZMQ_ROUTER_HANDOVER`, such as the Guide's, might ignore a worker that
   * connects anew after a failed job when it comes back under the same identity: leave it out there.
   *
   * @default random for each connection, as `%04X-%04X`
   */
  readonly identity?: string;
  /**
   * How many jobs it does at once, 1 to 1,024, or `"auto"`: as many as the machine has cores.
   *
   * @default 1
   */
  readonly concurrency?: number | "auto";
  /**
   * It ends after so many jobs, failed ones too; 0: never.
   *
   * @default 0
   */
  readonly maxJobs?: number;
  /**
   * How long a job may take: then its signal is aborted, and the request handed back. Milliseconds, or text such as `"10s"`;
   * 0: without end.
   *
   * @default 0
   */
  readonly jobTimeout?: Duration;
  /**
   * How long the worker may block the JavaScript thread at a time while it waits, in milliseconds. For programs that do nothing
   * else meanwhile: requests that come sooner cost less processor time, since no other thread has to wait for them.
   *
   * @default 0
   */
  readonly blockMs?: number;
  /** Aborted: the jobs that run are finished and answered, and the worker ends. */
  readonly signal?: AbortSignal;
  /**
   * Where the worker tells what it does.
   *
   * @default nowhere
   */
  readonly log?: EventLog;
}

/** How a pool is to be. */
export interface PoolOptions extends WorkOptions {
  /** Aborted: the jobs that run are aborted, too. */
  readonly kill?: AbortSignal;
}

/** Every option once; the compiler checks that none is missing. */
const OPTION_NAMES = Object.keys(
  {
    connect: true,
    identity: true,
    concurrency: true,
    maxJobs: true,
    jobTimeout: true,
    blockMs: true,
    signal: true,
    log: true,
    kill: true,
  } satisfies Record<keyof PoolOptions, true>,
);

/**
 * Works until it is told to end.
 *
 * @param makeExecutor Makes what does a slot's jobs.
 * @param options How the worker is to be.
 * @returns The number of jobs answered.
 * @throws {LibraryError} When libzmq cannot be loaded.
 * @throws {RangeError} When an option is wrong.
 * @throws {TypeError} When an option does not exist.
 * @throws {ZmqError} When libzmq does not take an endpoint or the identity.
 */
export async function runPool(makeExecutor: () => Executor, options: PoolOptions): Promise<number> {
  checkProperties("work()", options, OPTION_NAMES);
  const { connect = DEFAULT_BACKEND, identity, maxJobs = 0, jobTimeout = 0, blockMs = 0, log } = options;
  const endpoints = typeof connect === "string" ? [connect] : connect;
  if (endpoints.length === 0) throw new RangeError("Cannot connect to nothing: connect must name at least 1 endpoint");
  for (const endpoint of endpoints) parseEndpoint(endpoint, "connect");
  if (identity !== undefined) checkDistinct(endpoints);
  const slots = slotCount(options.concurrency ?? 1);
  if (!(maxJobs >= 0)) throw new RangeError(`Cannot end after ${maxJobs} jobs: it must be 0 or more`);
  if (!(blockMs >= 0)) throw new RangeError(`Cannot block for ${blockMs} ms: it must be 0 or more`);
  const jobTimeoutMs = durationMs(jobTimeout, "job timeout");
  const library = await loadLibrary();
  using context = Context.open(library, [[ContextOption.MAX_SOCKETS, SOCKET_LIMIT]]);
  await using waiter = new Waiter(library, context, { blockMs });
  const ending = new AbortController();
  const end = options.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, options.signal]);
  const kill = options.kill ?? new AbortController().signal;
  let jobs = 0;
  const nextJob = () => {
    if (maxJobs > 0 && jobs >= maxJobs) return undefined;
    if (++jobs === maxJobs) ending.abort();
    return jobs;
  };
  const runSlot = async (index: number) => {
    await using executor = makeExecutor();
    const name = identity === undefined || index === 0 ? identity : `${identity}-${index + 1}`;
    const slot = { context, waiter, executor, endpoints, identity: name, jobTimeoutMs, end, kill, nextJob, log };
    return await new WorkerSlot(slot).run();
  };
  const runs = Array.from({ length: slots }, (_, index) =>
    runSlot(index).catch((error) => {
      // The others are not to go on without it.
      ending.abort();
      throw error;
    }));
  const results = await Promise.allSettled(runs);
  let answered = 0;
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    answered += result.value;
  }
  return answered;
}

/** Two connections to one queue under one identity would take each other over, for ever. */
function checkDistinct(endpoints: readonly string[]): void {
  const repeated = endpoints.find((endpoint, index) => endpoints.indexOf(endpoint) < index);
  if (repeated === undefined) return;
  throw new RangeError(
    `Cannot connect to "${repeated}" twice under one identity: name it once, or leave the identity out`,
  );
}

function slotCount(concurrency: number | "auto"): number {
  const count = concurrency === "auto" ? navigator.hardwareConcurrency : concurrency;
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CONCURRENCY) return count;
  throw new RangeError(
    `Cannot do ${count} jobs at once: it must be a whole number between 1 and ${MAX_CONCURRENCY}, or "auto"`,
  );
}
