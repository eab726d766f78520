/**
 * What does a worker's jobs.
 *
 * @module
 */

import type { Frames } from "../lru.ts";

/** One job. */
export interface Job {
  /** Its number, from 1. */
  readonly number: number;
  /** Aborted when the answer is no longer wanted: the job's time is over, or the queue that sent it is gone. */
  readonly signal: AbortSignal;
}

/** Does one slot's jobs, one at a time. */
export interface Executor extends AsyncDisposable {
  /**
   * Resolves when it can take a job; the worker says READY after that. Called at the start and after each failed job.
   * Rejects when it cannot: the worker tries again after a pause that grows.
   */
  ready(): Promise<void>;
  /**
   * Does a job; an error hands the request back to the queue. When `job.signal` is aborted it stops what it does and
   * rejects soon.
   *
   * @param request The request's body frames.
   * @param job The job.
   * @returns The reply's body frames; without any the job has failed, too.
   */
  execute(request: Frames, job: Job): Promise<Frames>;
}
