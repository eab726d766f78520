/**
 * Counts how long things take, in fixed memory: a histogram with buckets from 1 ms to 30 minutes.
 *
 * @module
 */

/** The upper bounds of the buckets that are shown, in milliseconds. One more bucket after these has no bound. */
export const TIME_BOUNDS_MS: readonly number[] = [
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
  1_800_000,
];

/** Each bucket is counted in this many parts of equal width. A percentile is off by at most one part. */
const PARTS = 4;

const PART_BOUNDS_MS = Float64Array.from(
  TIME_BOUNDS_MS.flatMap((bound, index) => {
    const lower = TIME_BOUNDS_MS[index - 1] ?? 0;
    return Array.from({ length: PARTS }, (_, part) => lower + (bound - lower) * (part + 1) / PARTS);
  }),
);

/** Times that were counted since some moment: how many in each part of a bucket, and in total. */
export interface Times {
  /** How many times fell into each part of a bucket, and beyond the last bound. */
  readonly counts: Float64Array<ArrayBuffer>;
  /** How many times there were. */
  readonly count: number;
  /** Their sum, in milliseconds. */
  readonly sumMs: number;
}

/** Counts times. */
export class TimeHistogram implements Times {
  /** @see Times */
  readonly counts: Float64Array<ArrayBuffer> = new Float64Array(PART_BOUNDS_MS.length + 1);
  /** @see Times */
  count = 0;
  /** @see Times */
  sumMs = 0;

  /**
   * Counts a time.
   *
   * @param ms Milliseconds.
   */
  add(ms: number): void {
    let low = 0;
    let high = PART_BOUNDS_MS.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (PART_BOUNDS_MS[middle]! < ms) low = middle + 1;
      else high = middle;
    }
    this.counts[low]!++;
    this.count++;
    this.sumMs += ms;
  }

  /** A copy that does not change. */
  copy(): Times {
    return { counts: this.counts.slice(), count: this.count, sumMs: this.sumMs };
  }
}

/**
 * The times that were counted between two moments.
 *
 * @param later The histogram at the later moment.
 * @param earlier The histogram at the earlier one.
 */
export function timesBetween(later: Times, earlier: Times): Times {
  return {
    counts: later.counts.map((count, index) => count - earlier.counts[index]!),
    count: later.count - earlier.count,
    sumMs: later.sumMs - earlier.sumMs,
  };
}

/**
 * A percentile.
 *
 * @param times The times.
 * @param part The fraction, such as 0.99.
 * @returns Milliseconds, at most the last bound; `null` if there are no times.
 */
export function percentile({ counts, count }: Times, part: number): number | null {
  if (count === 0) return null;
  const rank = part * count;
  let below = 0;
  for (const [index, here] of counts.entries()) {
    const upper = PART_BOUNDS_MS[index];
    if (upper === undefined) break;
    if (here > 0 && below + here >= rank) {
      const lower = PART_BOUNDS_MS[index - 1] ?? 0;
      return lower + (upper - lower) * (rank - below) / here;
    }
    below += here;
  }
  return PART_BOUNDS_MS.at(-1)!;
}

/**
 * How many times were at most as long as each of {@linkcode TIME_BOUNDS_MS}: Prometheus' cumulative buckets.
 *
 * @param times The times.
 */
export function cumulativeCounts({ counts }: Times): number[] {
  let sum = 0;
  return TIME_BOUNDS_MS.map((_, bucket) => {
    for (let part = 0; part < PARTS; part++) sum += counts[bucket * PARTS + part]!;
    return sum;
  });
}
