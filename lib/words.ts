/**
 * Writes times and counts in texts for people. Pure.
 *
 * @module
 */

/**
 * Writes how long something has lasted, to about three digits.
 *
 * @param ms Milliseconds.
 * @returns Such as `40 ms`, `1.2 s`, `12 s`, `3 min` or `2 h`.
 */
export function formatAge(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = seconds / 60;
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`;
}

/**
 * Writes a count with its noun.
 *
 * @param count How many.
 * @param noun The noun in the singular.
 */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
