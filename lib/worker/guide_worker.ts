/**
 * The Guide's worker: it echoes requests and misbehaves on purpose. After some healthy jobs, it sometimes crashes or is
 * slow.
 *
 * @module
 */

import { delay } from "../delay.ts";
import type { EventLog } from "../log.ts";
import type { Handler } from "./handler_executor.ts";

/** How a worker misbehaves. */
export interface FaultOptions {
  /** Jobs before the first fault. */
  readonly healthyJobs: number;
  /** One in N jobs ends in a crash; 0: none does. */
  readonly crashOdds: number;
  /** One in N of the others is slow; 0: none is. */
  readonly overloadOdds: number;
}

/** What happens to a job. */
export type Fault = "crash" | "overload" | "none";

/**
 * The faults of the Guide's worker: three healthy jobs, then one in six crashes, and one in six of the rest is slow.
 */
export const GUIDE_FAULTS: FaultOptions = { healthyJobs: 3, crashOdds: 6, overloadOdds: 6 };

/** No faults at all. */
export const NO_FAULTS: FaultOptions = { healthyJobs: 0, crashOdds: 0, overloadOdds: 0 };

/** What the Guide's worker does. */
export interface GuideWorkerOptions {
  /** How it misbehaves. */
  readonly faults: FaultOptions;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  /** How long each job takes, in milliseconds. */
  readonly workMs: number;
  /** How long an overload lasts, in milliseconds. */
  readonly overloadMs: number;
  /** Ends the process: a simulated crash. */
  readonly crash: () => never;
  /** Logs the faults. */
  readonly log: EventLog;
}

/**
 * Makes the handler of the Guide's worker.
 *
 * @param options What it does.
 * @returns The handler, which answers with the request.
 */
export function guideHandler({ faults, random, workMs, overloadMs, crash, log }: GuideWorkerOptions): Handler {
  return async (request, { number }) => {
    const fault = chooseFault(number, faults, random);
    if (fault === "crash") {
      log.warning("simulated crash", { job: number });
      crash();
    }
    if (fault === "overload") {
      log.warning("simulated CPU overload", { job: number, ms: overloadMs });
      await delay(overloadMs);
    }
    await delay(workMs);
    return request;
  };
}

/**
 * Decides what happens to a job.
 *
 * @param job The job's number, from 1.
 * @param options How the worker misbehaves.
 * @param random Returns a number from 0 up to 1.
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
 * Makes a reproducible source of random numbers (mulberry32).
 *
 * @param seed Any whole number.
 * @returns A function that returns numbers from 0 up to 1.
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
