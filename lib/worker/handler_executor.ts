/**
 * Executes jobs with a function.
 *
 * @module
 */

import type { Frames } from "../lru.ts";
import type { Executor, Job } from "./executor.ts";

/**
 * Does a job.
 *
 * @param request The request's body frames.
 * @param job The job.
 * @returns The reply's body frames, at least one; a frame may be empty. Anything else, and any error, hands the request
 * back to the queue for another worker.
 */
export type Handler = (request: Frames, job: Job) => Frames | Promise<Frames>;

/** Executes a slot's jobs by calling a function. */
export class HandlerExecutor implements Executor {
  readonly #handler: Handler;

  /** @param handler The function. */
  constructor(handler: Handler) {
    this.#handler = handler;
  }

  /** A function is always ready. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  /** @see Executor.execute */
  execute(request: Frames, job: Job): Frames | Promise<Frames> {
    return this.#handler(request, job);
  }

  /** There is nothing to release. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
