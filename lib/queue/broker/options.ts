/**
 * The broker's options: each with its meaning, its default and its limits, once for the API, the command line and the
 * code.
 *
 * @module
 */

import type { Option, OptionValues } from "../../option.ts";
import { type Duration, MAX_DURATION_MS, MAX_SIZE_BYTES, type Size } from "../../units.ts";

/** Who is served first between connections: `auto` or `fifo`. Within one connection it is always the oldest request. */
export type ServiceOrder = "auto" | "fifo";

/** How the queue decides; each option has the documented default. */
export interface BrokerOptions {
  /**
   * How often a request is sent again after its worker was lost.
   *
   * @default 3
   */
  readonly redeliveries?: number;
  /**
   * How long a job may take before it is taken from its worker and sent to another, which counts as a redelivery; 0: for
   * ever.
   *
   * @default 0
   */
  readonly jobTimeout?: Duration;
  /**
   * Report a job that takes longer than this, once; 0: none.
   *
   * @default 0
   */
  readonly slowJob?: Duration;
  /**
   * Whether requests are served although their clients have left.
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
   * The same in bytes. A request counts for the bytes of its frames, 512 bytes, and 128 bytes a frame.
   *
   * @default "256MiB"
   */
  readonly maxBacklogBytes?: Size;
  /**
   * The part of the backlog, above 0 and at most 1, that one connection may fill with waiting requests before it is served
   * last.
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

/** The options as the broker uses them: all of them, durations in milliseconds, sizes in bytes. */
export interface BrokerConfig extends OptionValues<typeof BROKER_OPTIONS> {
  /** Whether the broker hears of departures. Without that it forgets a client with its last request. */
  readonly knowsDepartures: boolean;
}

/** What a request counts for besides its frames: the memory that it takes in the queue and in libzmq. */
export const REQUEST_OVERHEAD_BYTES = 512;
/** What each of a request's frames counts for besides its bytes. */
export const FRAME_OVERHEAD_BYTES = 128;
