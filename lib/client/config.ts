/**
 * The client's options with their defaults and limits, for {@linkcode LazyPirate} and for the command line.
 *
 * @module
 */

import { checkKeyOption, type KeyText } from "../access/peer_key.ts";
import { type Option, type OptionValues, readOptions } from "../option.ts";
import { type Duration, MAX_DURATION_MS } from "../units.ts";

/** The options that `LazyPirate` and the command line share; the defaults are the Guide's. */
export const CLIENT_OPTIONS = {
  connect: { kind: "endpoints", defaultValue: ["tcp://localhost:5555"], use: "connect", port: 5555 },
  timeout: { kind: "duration", defaultValue: 2500, min: 1, max: MAX_DURATION_MS },
  retries: { kind: "integer", defaultValue: 3, min: 1, max: 1_000_000 },
  blockMs: { kind: "number", defaultValue: 0, min: 0, max: MAX_DURATION_MS },
} as const satisfies Record<string, Option>;

/** Options of a {@linkcode LazyPirate}. */
export interface LazyPirateOptions {
  /**
   * The queue's frontend, or a list of several queues' frontends. A request first goes to the queue that answered last;
   * each further try goes to the next one.
   *
   * @default "tcp://localhost:5555"
   */
  readonly connect?: string | readonly string[];
  /**
   * How long each try waits for the reply: milliseconds, or text such as `"2500ms"`; at least 1 ms.
   *
   * @default 2500
   */
  readonly timeout?: Duration;
  /**
   * How many times to send a request in total before giving up; at least 1.
   *
   * @default 3
   */
  readonly retries?: number;
  /**
   * How long the client may block the JavaScript thread at a time while it waits, in milliseconds. For programs that do
   * nothing else meanwhile: a reply that comes within this time costs less CPU time, since no other thread has to wait
   * for it.
   *
   * @default 0
   */
  readonly blockMs?: number;
  /**
   * The client's key, for queues that require one: the path of its file, or `{ certificate: text }`.
   *
   * @default none
   */
  readonly key?: string | KeyText | undefined;
}

/**
 * Checks options and fills in the defaults.
 *
 * @param options The options.
 * @returns Their values.
 * @throws {TypeError} When an option is unknown or has the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function readClientOptions(options: LazyPirateOptions): OptionValues<typeof CLIENT_OPTIONS> {
  checkKeyOption(options.key);
  return readOptions(CLIENT_OPTIONS, options, "LazyPirate", ["key"]);
}
