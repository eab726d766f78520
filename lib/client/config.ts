/**
 * The client's options with their defaults and limits, for {@linkcode LazyPirate} and for the command line.
 *
 * @module
 */

import { type OptionValuesOf, readOptions } from "../option.ts";
import { type Duration, MAX_DURATION_MS } from "../units.ts";

/** The queue's frontend, as in the Guide. */
export const DEFAULT_FRONTEND = "tcp://localhost:5555";

/** The options that `LazyPirate` and the command line share. */
export const CLIENT_OPTIONS = {
  connect: { kind: "endpoints", defaultValue: [DEFAULT_FRONTEND], use: "connect" },
  timeout: { kind: "duration", defaultValue: 2500, min: 1, max: MAX_DURATION_MS },
  retries: { kind: "integer", defaultValue: 3, min: 1, max: Number.MAX_SAFE_INTEGER },
} as const;

/** All options of `LazyPirate`. */
const ALL_OPTIONS = {
  ...CLIENT_OPTIONS,
  blockMs: { kind: "number", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
} as const;

/** Options of a {@linkcode LazyPirate}. */
export interface LazyPirateOptions {
  /**
   * The queue's frontend, or a list of several queues' frontends. A request goes to the one that answered last; each
   * further try goes to the next.
   *
   * @default "tcp://localhost:5555"
   */
  readonly connect?: string | readonly string[];
  /**
   * How long each try waits for the reply, at least 1 ms: milliseconds, or a text such as `"2500ms"`.
   *
   * @default 2500
   */
  readonly timeout?: Duration;
  /**
   * How many times a request is tried, 1 or more.
   *
   * @default 3
   */
  readonly retries?: number;
  /**
   * How long the client may block the JavaScript thread at a time while it waits, in milliseconds. For programs that do
   * nothing else meanwhile: a reply that comes within this time costs less processor time, since no other thread has to
   * wait for it.
   *
   * @default 0
   */
  readonly blockMs?: number;
}

/**
 * Checks options and fills in the defaults.
 *
 * @param options The options.
 * @returns Their values.
 * @throws {TypeError} When an option is unknown or of the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function readClientOptions(options: LazyPirateOptions): OptionValuesOf<typeof ALL_OPTIONS> {
  return readOptions(ALL_OPTIONS, options, "make a client");
}
