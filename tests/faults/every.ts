/**
 * Doing something again and again for a while.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";

/**
 * Does something at an interval.
 *
 * @param intervalMs From one beginning to the next.
 * @param durationMs How long.
 * @param act What to do; the next time waits for it.
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
