/**
 * The positions of grid lines on the charts' axes.
 *
 * @module
 */

/** The quantity of an axis: a count, a rate per second, or milliseconds. */
export type AxisUnit = "count" | "rate" | "ms";

const decades = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => [1, 2, 5].map((step) => step * 10 ** (from + index))).flat();

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The possible steps between two lines. */
export const AXIS_STEPS: Readonly<Record<AxisUnit, number[]>> = {
  count: decades(0, 8),
  rate: [0.1, 0.2, 0.5, ...decades(0, 8)],
  // Of those, each line can be written in a whole number of some unit.
  ms: [
    0.1,
    0.2,
    ...decades(0, 3),
    ...[10, 20].map((count) => count * SECOND),
    ...[1, 2, 5, 10, 20].map((count) => count * MINUTE),
    ...[1, 2, 5, 10, 24].map((count) => count * HOUR),
  ],
};

/** The upper end of an axis without data. */
export const LEAST_TOP: Readonly<Record<AxisUnit, number>> = { count: 1, rate: 1, ms: 1000 };
