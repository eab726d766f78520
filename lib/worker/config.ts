/**
 * The worker's options with their defaults and limits, for {@linkcode work} and for the command line.
 *
 * @module
 */

import { checkKeyOption, type KeyText } from "../access/peer_key.ts";
import type { EventLog } from "../log.ts";
import type { WorkerFigures } from "./figures.ts";
import { type Option, type OptionValues, readOptions } from "../option.ts";
import { type Duration, MAX_DURATION_MS } from "../units.ts";

/** The queue's backend, as in the Guide. */
export const DEFAULT_BACKEND = "tcp://localhost:5556";

/** The options that `work()` and the command line share. */
export const WORK_OPTIONS = {
  connect: { kind: "endpoints", defaultValue: [DEFAULT_BACKEND], use: "connect", port: 5556 },
  // The limit is more than any machine can usefully do.
  concurrency: { kind: "integer", defaultValue: 1, min: 1, max: 1024, word: "auto" },
  maxJobs: { kind: "integer", defaultValue: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  jobTimeout: { kind: "duration", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
  blockMs: { kind: "number", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
} as const satisfies Record<string, Option>;

/** Options of {@linkcode work}. */
export interface WorkOptions {
  /**
   * The queue's backend, or a list of several queues' backends; the worker serves all of them. With an identity, each
   * can be listed only once.
   *
   * @default "tcp://localhost:5556"
   */
  readonly connect?: string | readonly string[];
  /**
   * The worker's identity (`ZMQ_ROUTING_ID`), 1 to 255 bytes of ASCII, unique among workers. With several jobs at once,
   * the connections after the first append `-2`, `-3`, ... to it. Leave it out if the queue does not set
   * `ZMQ_ROUTER_HANDOVER`, like the Guide's queue: such a queue may ignore a worker that reconnects under the same
   * identity after a failed job.
   *
   * @default a random one for each connection, in the form `%04X-%04X`
   */
  readonly identity?: string;
  /**
   * How many jobs to do at once, 1 to 1,024; or `"auto"`: one per CPU core.
   *
   * @default 1
   */
  readonly concurrency?: number | "auto";
  /**
   * Exit after this many jobs, counting failed ones; 0: never.
   *
   * @default 0
   */
  readonly maxJobs?: number;
  /**
   * How long a job may take: milliseconds, or text such as `"10s"`; 0: no limit. After that, the job's signal is
   * aborted and its request goes back to the queue.
   *
   * @default 0
   */
  readonly jobTimeout?: Duration;
  /**
   * How long the worker may block the JavaScript thread at a time while it waits, in milliseconds. For programs that do
   * nothing else meanwhile: a request that comes within this time costs less CPU time, since no other thread has to
   * wait for it.
   *
   * @default 0
   */
  readonly blockMs?: number;
  /**
   * The worker's key, for queues that require one: the path of its file, or `{ certificate: text }`.
   *
   * @default none
   */
  readonly key?: string | KeyText | undefined;
  /** Abort it to end the worker. Running jobs are finished and answered first. */
  readonly signal?: AbortSignal;
  /**
   * Receives the worker's log. Anything it throws is ignored. Of lines above the level debug that say the same, it
   * receives one per ten seconds, whose field `count` says how many lines it stands for.
   *
   * @default nowhere
   */
  readonly log?: EventLog;
}

/** Options of a pool: those of {@linkcode work}, and some for the program. */
export interface PoolOptions extends WorkOptions {
  /** Abort it to also abort the running jobs. */
  readonly kill?: AbortSignal;
  /** Is informed of the worker's state. */
  readonly observer?: PoolObserver;
  /** Counts what the worker does. */
  readonly figures?: WorkerFigures | undefined;
}

/** Is informed of a worker's state. */
export interface PoolObserver {
  /** All slots are able to take jobs. */
  onAble(connections: string): void;
  /** The sentence about its connections has changed. Never called before {@linkcode PoolObserver.onAble}. */
  onConnections(connections: string): void;
}

/** What {@linkcode readWorkOptions} returns. */
export interface WorkConfig extends OptionValues<typeof WORK_OPTIONS> {
  /** See {@linkcode WorkOptions.concurrency}; `"auto"` has become a number. */
  readonly concurrency: number;
}

/** The type checks that this lists each of the other options once. */
const OTHER_OPTIONS = Object.keys(
  { identity: 0, key: 0, signal: 0, log: 0, kill: 0, observer: 0, figures: 0 } satisfies Record<
    Exclude<keyof PoolOptions, keyof typeof WORK_OPTIONS>,
    0
  >,
);

/**
 * Checks options and fills in the defaults.
 *
 * @param options The options.
 * @returns Their values.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function readWorkOptions(options: PoolOptions): WorkConfig {
  const values = readOptions(WORK_OPTIONS, options, "work()", OTHER_OPTIONS);
  checkKeyOption(options.key);
  if (options.identity !== undefined) checkIdentity(options.identity, values.connect);
  const { concurrency } = values;
  return { ...values, concurrency: concurrency === "auto" ? availableCores() : concurrency };
}

function availableCores(): number {
  return Math.min(navigator.hardwareConcurrency, WORK_OPTIONS.concurrency.max);
}

function checkIdentity(identity: unknown, endpoints: readonly string[]): void {
  if (typeof identity !== "string") {
    throw new TypeError(`Option identity cannot be a ${typeof identity}: it must be text`);
  }
  // Two connections to one queue under one identity would endlessly displace each other.
  const repeated = endpoints.find((endpoint, index) => endpoints.indexOf(endpoint) < index);
  if (repeated === undefined) return;
  throw new RangeError(
    `Cannot connect to "${repeated}" twice under one identity: name it once, or leave the identity out`,
  );
}
