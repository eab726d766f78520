/**
 * The time of `performance.now()`, read through the C library, which takes a fifth of the time. The relay reads it several
 * times per request.
 *
 * @module
 */

import type { Symbols } from "./symbols.ts";

/** Linux's clock that `performance.now()` reads: clock_gettime(2). */
const CLOCK_MONOTONIC = 1;
/** `struct timespec`: seconds and nanoseconds, 8 bytes each. */
const TIME_BYTES = 16;
/** Where the lower halves of the two are, in numbers of 4 bytes. */
const SECONDS = 0;
const NANOSECONDS = 2;
/** How many times the two clocks are compared, since the thread may be interrupted between the two readings. */
const COMPARISONS = 8;

/** Reads the time; used by one thread. */
export class Clock {
  readonly #symbols: Symbols;
  readonly #time = new Int32Array(new ArrayBuffer(TIME_BYTES));
  readonly #address = Deno.UnsafePointer.of(this.#time)!;
  /** What `performance.now()` is when the system's clock is 0; `undefined` if that clock is not read. */
  readonly #zeroMs: number | undefined;

  /** @param symbols libzmq, and the C library with it. */
  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    if (Deno.build.os !== "linux") return;
    const differences = Array.from({ length: COMPARISONS }, () => performance.now() - this.#read());
    this.#zeroMs = Math.max(...differences);
  }

  /** The same milliseconds as `performance.now()`, within microseconds. */
  now(): number {
    return this.#zeroMs === undefined ? performance.now() : this.#zeroMs + this.#read();
  }

  #read(): number {
    this.#symbols.clock_gettime(CLOCK_MONOTONIC, this.#address);
    return this.#time[SECONDS]! * 1e3 + this.#time[NANOSECONDS]! / 1e6;
  }
}
