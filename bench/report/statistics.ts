/**
 * The few statistics of the benchmark. A library would not shorten them.
 *
 * @module
 */

/** The median and the extremes of several values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Sums values up; the median of an even number of them is the mean of the middle two.
 *
 * @throws {RangeError} When there are no values.
 */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("Cannot take the median of no values");
  const sorted = Float64Array.from(values).sort();
  const at = (index: number) => sorted.at(Math.floor(index))!;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(middle) + at(middle + 0.5)) / 2, min: at(0), max: at(-1) };
}

/** Divides values by others, round by round; leaves out rounds that only one of both has. */
export function ratiosOf(values: readonly number[], references: readonly number[]): number[] {
  return values.slice(0, references.length).map((value, i) => value / references[i]!);
}
