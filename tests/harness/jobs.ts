/**
 * Jobs for executors, without a worker and a queue.
 *
 * @module
 */

import type { Frames } from "../../lib/lru.ts";
import type { Executor } from "../../lib/worker/executor.ts";

/** The bytes of texts. */
export function framesOf(...texts: string[]): Frames {
  return texts.map((text) => new TextEncoder().encode(text));
}

/** The texts of frames. */
export function textsOf(frames: Frames): string[] {
  return frames.map((frame) => new TextDecoder().decode(frame));
}

/**
 * Has a job done.
 *
 * @param executor Does it.
 * @param request Its frames, or the text of its only one.
 * @param signal Ends it.
 * @returns The reply's frames.
 */
export function execute(
  executor: Executor,
  request: Frames | string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Frames> {
  return executor.execute(typeof request === "string" ? framesOf(request) : request, { number: 1, signal });
}
