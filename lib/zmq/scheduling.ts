/**
 * How Linux schedules the threads that pass messages on.
 *
 * @module
 */

import { ContextOption } from "./constants.ts";
import type { Symbols } from "./symbols.ts";

/** Like the default, but a thread that wakes up does not interrupt the running one: sched(7). */
const SCHED_BATCH = 3;

/**
 * Schedules this thread as a batch. By default, if threads share a processor, each message interrupts the thread that handles
 * the one before, and the two threads alternate for every message.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns Options of a context with which libzmq schedules its threads in the same way, since it sometimes resets what they
 * inherit. None if the system has no batches or does not allow them: then everything takes more processor time.
 */
export function scheduleAsBatch(symbols: Symbols): ReadonlyArray<readonly [ContextOption, number]> {
  // struct sched_param: one int, the priority, which is 0 unless the thread is real-time.
  const isBatch = symbols.sched_setscheduler?.(0, SCHED_BATCH, new Uint8Array(4)) === 0;
  return isBatch ? [[ContextOption.THREAD_SCHED_POLICY, SCHED_BATCH]] : [];
}
