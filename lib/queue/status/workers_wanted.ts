/**
 * How many workers a queue could use: a figure for whoever starts and stops them, a person or an autoscaler. Pure.
 *
 * It is the larger of two figures. One is how many jobs run. The other is what arrives, times what a job takes, with every
 * worker busy four fifths of the time; and, in addition, as many workers as do what waits within a minute.
 *
 * @module
 */

/** The part of the time for which a worker should be busy. Above it, waiting times grow without bound. */
const USE = 0.8;
/** The time within which what waits should have been done. */
const CATCH_UP_MS = 60_000;

/** What the figure is computed from. */
export interface Demand {
  /** Requests that workers have. */
  readonly inFlight: number;
  /** Requests that wait, delayed ones too. */
  readonly waiting: number;
  /** Requests that arrived a second, over the last minute, without those that were given up. */
  readonly arrivalsPerSecond: number;
  /** How many of the latest jobs are known, at most 1,024, and how long they took together. */
  readonly latestJobs: { readonly count: number; readonly sumMs: number };
  /** How long the running jobs have taken so far, together. */
  readonly runningMs: number;
}

/**
 * The mean time of a job: of the latest ones, and of the running ones with their age, so that it is known before the first one
 * ends.
 *
 * @param demand What is known.
 * @returns Milliseconds; `null` when no job has begun.
 */
export function meanJobMs({ inFlight, latestJobs, runningMs }: Omit<Demand, "waiting" | "arrivalsPerSecond">):
  | number
  | null {
  const count = latestJobs.count + inFlight;
  return count === 0 ? null : (latestJobs.sumMs + runningMs) / count;
}

/**
 * How many worker connections a queue could use.
 *
 * @param demand What is known.
 */
export function workersWanted(demand: Demand): number {
  const { inFlight, waiting, arrivalsPerSecond } = demand;
  const meanMs = meanJobMs(demand);
  if (meanMs === null) return waiting > 0 ? 1 : 0;
  const forArrivals = Math.max(0, arrivalsPerSecond) * meanMs / 1000 / USE;
  const forWaiting = waiting * meanMs / CATCH_UP_MS;
  const wanted = Math.max(inFlight, Math.ceil(forArrivals + forWaiting));
  return waiting > 0 ? Math.max(1, wanted) : wanted;
}
