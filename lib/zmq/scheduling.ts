/**
 * How Linux schedules the threads that pass messages on.
 *
 * @module
 */

import { ContextOption } from "./constants.ts";
import type { Symbols } from "./symbols.ts";

/** As usual, but a thread that wakes up does not interrupt the one that runs: sched(7). */
const SCHED_BATCH = 3;

/**
 * Schedules this thread as a batch. By default, where threads share a processor, each message interrupts the thread that
 * handles the one before: they change places for every single one.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns Options of a context, by which libzmq schedules its threads alike; what they inherit it takes back at times. None
 * where the system has no batches or does not allow them: then all works as well, for more processor time.
 */
export function scheduleAsBatch(symbols: Symbols): ReadonlyArray<readonly [ContextOption, number]> {
  // struct sched_param: one int, the priority, which is 0 for all that is not real-time.
  const isBatch = symbols.sched_setscheduler?.(0, SCHED_BATCH, new Uint8Array(4)) === 0;
  return isBatch ? [[ContextOption.THREAD_SCHED_POLICY, SCHED_BATCH]] : [];
}
