/**
 * The interface of what executes a worker's jobs.
 *
 * @module
 */

import type { Frames } from "../lru.ts";

/** One job. */
export interface Job {
  /** Its number, from 1. */
  readonly number: number;
  /** Aborted when the reply is no longer wanted: the job has run out of time, or the queue that sent it has gone. */
  readonly signal: AbortSignal;
}

/** Executes the jobs of one slot, one at a time. */
export interface Executor extends AsyncDisposable {
  /**
   * Whether its jobs always wait for something, such as a program.
   *
   * @default false
   */
  readonly isSlow?: boolean;
  /**
   * Gets ready for a job. The worker sends READY when this has resolved. It is called at the start, after each failed
   * job, and when the executor has become unable to take a job.
   *
   * @param end Aborted when no more jobs are wanted; the promise then resolves soon.
   * @throws {Error} When it cannot take a job. At the start, that ends the worker; later, the worker tries again after
   * growing pauses.
   */
  ready(end: AbortSignal): Promise<void>;
  /**
   * Called when the executor becomes unable to take a job while it has none. The slot sets this callback, and then
   * calls {@linkcode Executor.ready}.
   */
  onUnready?: () => void;
  /**
   * Does a job. An error hands the request back to the queue. When `job.signal` is aborted, it stops working and
   * rejects soon.
   *
   * @param request The request's body frames.
   * @param job The job.
   * @returns The reply's body frames, without a promise if it need not wait for anything. A reply without frames also
   * counts as a failure.
   */
  execute(request: Frames, job: Job): Frames | Promise<Frames>;
}
