/**
 * How many workers a queue could use: a figure for the person or autoscaler that starts and stops them.
 *
 * It is the larger of two figures. One is the number of running jobs. The other is the arrival rate times the mean job time,
 * with every worker busy four fifths of the time, plus as many workers as it takes to do the waiting requests within a
 * minute.
 *
 * @module
 */

/** The fraction of the time for which a worker should be busy. As it approaches 1, waiting times grow without bound. */
const USE = 0.8;
/** The time within which the waiting requests should be done. */
const CATCH_UP_MS = 60_000;

/** The input of the computation. */
export interface Demand {
  /** Requests that workers have. */
  readonly inFlight: number;
  /** Requests that wait, including delayed ones. */
  readonly waiting: number;
  /** Requests that arrived per second over the last minute, without those that were given up. */
  readonly arrivalsPerSecond: number;
  /** How many of the latest jobs are known, at most 1,024, and how long they took in total. */
  readonly latestJobs: { readonly count: number; readonly sumMs: number };
  /** How long the running jobs have taken so far, in total. */
  readonly runningMs: number;
}

/**
 * The mean time of a job, over the latest jobs and the running ones with their age so far, so that it is known before the
 * first job ends.
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
