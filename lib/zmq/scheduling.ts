/**
 * Sets how Linux schedules the threads that pass on messages.
 *
 * @module
 */

import { ContextOption } from "./constants.ts";
import type { Symbols } from "./symbols.ts";

/** Like the default, but a thread that wakes up does not interrupt the running one: sched(7). */
const SCHED_BATCH = 3;

/**
 * Schedules this thread as a batch thread. By default, if threads share a CPU, each message interrupts the thread that
 * handles the previous one, and the two threads alternate for every message.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns Context options that make libzmq schedule its threads in the same way, since it sometimes resets what they
 * inherit. Empty if the system does not have or allow batch scheduling, in which case everything takes more CPU time.
 */
export function scheduleAsBatch(symbols: Symbols): ReadonlyArray<readonly [ContextOption, number]> {
  // struct sched_param: one int, the priority, which is 0 unless the thread is real-time.
  const isBatch = symbols.sched_setscheduler?.(0, SCHED_BATCH, new Uint8Array(4)) === 0;
  return isBatch ? [[ContextOption.THREAD_SCHED_POLICY, SCHED_BATCH]] : [];
}
