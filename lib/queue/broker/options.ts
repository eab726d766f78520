/**
 * The broker's options. Each is defined once, with its meaning, default and limits, for the API, the command line and the
 * code.
 *
 * @module
 */

import type { Option, OptionValues } from "../../option.ts";
import { type Duration, MAX_DURATION_MS, MAX_SIZE_BYTES, type Size } from "../../units.ts";

/**
 * Which connection is served first: see {@linkcode BrokerOptions.order}. Within a connection the oldest request is always
 * first.
 */
export type ServiceOrder = "auto" | "fifo";

/** How the queue decides; each option has the documented default. */
export interface BrokerOptions {
  /**
   * How many times a request is sent again after its worker was lost.
   *
   * @default 3
   */
  readonly redeliveries?: number;
  /**
   * How long a job may take before its request is sent to another worker, which counts as a redelivery: milliseconds, or
   * text such as `"30s"`; 0: no limit.
   *
   * @default 0
   */
  readonly jobTimeout?: Duration;
  /**
   * Report a job once when it takes longer than this: milliseconds, or text such as `"30s"`; 0: never.
   *
   * @default 0
   */
  readonly slowJob?: Duration;
  /**
   * Whether requests are served even if their clients have left.
   *
   * @default false
   */
  readonly keepOrphans?: boolean;
  /**
   * `auto`: the newest connection first while clients give up waiting, else the oldest request; `fifo`: always the oldest
   * request.
   *
   * @default "auto"
   */
  readonly order?: ServiceOrder;
  /**
   * How many requests the queue holds, waiting and in flight, before it reads no more from clients.
   *
   * @default 100_000
   */
  readonly maxBacklog?: number;
  /**
   * The same limit in bytes: a number, or text such as `"256MiB"`. A request counts for the bytes of its frames, plus 128
   * bytes per frame, plus 512 bytes.
   *
   * @default "256MiB"
   */
  readonly maxBacklogBytes?: Size;
  /**
   * The fraction of the backlog, above 0 and at most 1, that one connection may fill with waiting requests before it is
   * served last.
   *
   * @default 0.125
   */
  readonly clientShare?: number;
}

/** The definition of each option. */
export const BROKER_OPTIONS = {
  redeliveries: { kind: "integer", defaultValue: 3, min: 0, max: 1000 },
  jobTimeout: { kind: "duration", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
  slowJob: { kind: "duration", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
  keepOrphans: { kind: "switch", defaultValue: false },
  order: { kind: "choice", defaultValue: "auto", choices: ["auto", "fifo"] },
  maxBacklog: { kind: "integer", defaultValue: 100_000, min: 1, max: 100_000_000 },
  maxBacklogBytes: { kind: "size", defaultValue: 256 * 1024 * 1024, min: 1, max: MAX_SIZE_BYTES },
  clientShare: { kind: "number", defaultValue: 1 / 8, min: 0.000001, max: 1 },
} as const satisfies Record<keyof BrokerOptions, Option>;

/** The options as the broker uses them: all present, durations in milliseconds, sizes in bytes. */
export interface BrokerConfig extends OptionValues<typeof BROKER_OPTIONS> {
  /** Whether the broker hears of departures. If not, it forgets a client when its last request ends. */
  readonly knowsDepartures: boolean;
}

/** The bytes that a request counts for besides its frames: the memory that it takes in the queue and in libzmq. */
export const REQUEST_OVERHEAD_BYTES = 512;
/** The bytes that each frame of a request counts for besides its content. */
export const FRAME_OVERHEAD_BYTES = 128;
