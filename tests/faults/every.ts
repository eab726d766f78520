/**
 * Repeating something for a while.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";

/**
 * Does something at a regular interval.
 *
 * @param intervalMs The time from one start to the next.
 * @param durationMs How long to repeat it.
 * @param act What to do. If it takes longer than the interval, the next start waits for its end.
 * @returns How many times it was done.
 */
export async function every(intervalMs: number, durationMs: number, act: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  let count = 0;
  for (let due = start; due < start + durationMs; due += intervalMs) {
    await delay(due - performance.now());
    await act();
    count++;
  }
  return count;
}
