/**
 * The few statistics of the benchmark.
 *
 * @module
 */

/** The middle and the ends of a set of numbers. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Sums a set of numbers up by its median, minimum and maximum.
 *
 * @param values At least one number, in any order; left as it is.
 * @returns The spread; the median of an even number of values is the mean of the two in the middle.
 * @throws {RangeError} When there are no values.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new RangeError("Cannot take the median of no values");
  }
  return { median: (low + high) / 2, min, max };
}
