/**
 * Jobs for executors, without a worker and a queue.
 *
 * @module
 */

import type { Frames } from "../../lib/lru.ts";
import type { Executor } from "../../lib/worker/executor.ts";

/** Encodes texts as frames. */
export function framesOf(...texts: string[]): Frames {
  return texts.map((text) => new TextEncoder().encode(text));
}

/** Decodes frames as texts. */
export function textsOf(frames: Frames): string[] {
  return frames.map((frame) => new TextDecoder().decode(frame));
}

/**
 * Executes a job.
 *
 * @param executor The executor.
 * @param request The request's frames, or the text of its only frame.
 * @param signal Aborts the job.
 * @returns The reply's frames.
 */
export async function execute(
  executor: Executor,
  request: Frames | string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Frames> {
  return await executor.execute(typeof request === "string" ? framesOf(request) : request, { number: 1, signal });
}
