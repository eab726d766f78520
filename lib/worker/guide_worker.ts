/**
 * The Guide's worker misbehaves on purpose: from some job on it crashes now and then, or is slow. Pure: the randomness is
 * an argument.
 *
 * @module
 */

/** How a worker misbehaves. */
export interface FaultOptions {
  /** Jobs before the first fault. */
  readonly healthyJobs: number;
  /** One in so many jobs ends in a crash; 0: none. */
  readonly crashOdds: number;
  /** One in so many of the others meets an overload; 0: none. */
  readonly overloadOdds: number;
}

/** What happens to a job. */
export type Fault = "crash" | "overload" | "none";

/** As the Guide's worker: three healthy jobs, then one in six crashes, and one in six of the rest is slow. */
export const GUIDE_FAULTS: FaultOptions = { healthyJobs: 3, crashOdds: 6, overloadOdds: 6 };

/**
 * Decides what happens to a job.
 *
 * @param job The job's number, from 1.
 * @param options How the worker misbehaves.
 * @param random A number from 0 up to 1.
 */
export function chooseFault(job: number, options: FaultOptions, random: () => number): Fault {
  if (job <= options.healthyJobs) return "none";
  if (strikes(options.crashOdds, random)) return "crash";
  return strikes(options.overloadOdds, random) ? "overload" : "none";
}

function strikes(odds: number, random: () => number): boolean {
  return odds > 0 && Math.floor(random() * odds) === 0;
}

/**
 * Makes a repeatable source of randomness (mulberry32).
 *
 * @param seed Any whole number.
 * @returns Numbers from 0 up to 1.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
