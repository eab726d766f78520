/**
 * How Linux schedules the threads that pass messages on.
 *
 * @module
 */

import type { Symbols } from "./library.ts";

/** As usual, but a thread that wakes up does not interrupt the one that runs: sched(7). */
const SCHED_BATCH = 3;

/**
 * Schedules this thread, and those it starts from now on, such as libzmq's, as a batch. By default, where they share a
 * processor, each message interrupts the thread that handles the one before: they change places for every single one.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns Whether the system has it and allows it; without it all works as well, for more processor time.
 */
export function scheduleAsBatch(symbols: Symbols): boolean {
  // struct sched_param: one int, the priority, which is 0 for all that is not real-time.
  return symbols.sched_setscheduler?.(0, SCHED_BATCH, new Uint8Array(4)) === 0;
}
