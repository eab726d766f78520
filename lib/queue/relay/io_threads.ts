/**
 * Assigns libzmq's I/O threads to the sides of the queue.
 *
 * The events of one connection come from one thread, in order, because its session stays on the thread that it was given
 * when it was accepted. There is one exception: with several threads for a socket, the thread that accepts a connection
 * reports that only after it has handed the connection to another thread, whose events may be reported first. The frontend's
 * reader relies on the order (`frontend.ts`). So each side has threads of its own, and the frontend has a second one only if
 * there are four or more. See docs/architecture.md.
 *
 * @module
 */

import type { Side } from "./relay_statistics.ts";

/** The most threads that a queue can have. About four are enough to keep the relay busy. */
export const MAX_IO_THREADS = 16;

/**
 * Chooses the I/O threads of a side. With two or more threads, none serves both sides. If the number is odd, the backend has
 * one more.
 *
 * @param side The side.
 * @param threads How many threads there are.
 * @returns A bit for each thread of the side, for `ZMQ_AFFINITY`; 0: all of them.
 */
export function ioThreadsOf(side: Side, threads: number): number {
  if (threads === 1) return 0;
  const forFrontend = 2 ** Math.floor(threads / 2) - 1;
  return side === "frontend" ? forFrontend : 2 ** threads - 1 - forFrontend;
}

/**
 * Whether several threads serve a side, so that events of a connection may be reported before its acceptance.
 *
 * @param side The side.
 * @param threads How many threads there are.
 */
export function hasSeveralIoThreads(side: Side, threads: number): boolean {
  const own = ioThreadsOf(side, threads);
  // More than one bit.
  return (own & (own - 1)) !== 0;
}
