/**
 * Which of libzmq's I/O threads serve which side of the queue.
 *
 * What happens to one connection is reported in order, whatever the number of threads: its session stays on the thread that
 * it was given when it was accepted. But with several threads for a socket, the one that accepts a connection reports that
 * after it has handed the connection to another thread, so whatever happens there may be reported first. The frontend's
 * reader relies on the order (`frontend.ts`). So a side has threads of its own, and the frontend has no second one before
 * there are four. See docs/architecture.md.
 *
 * @module
 */

import type { Side } from "./relay_statistics.ts";

/** The most threads that a queue can have. Some four of them keep the relay busy. */
export const MAX_IO_THREADS = 16;

/**
 * Chooses the I/O threads of a side: with two or more threads, none serves both sides. Of an odd number the backend has one
 * more.
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
 * Whether several threads serve a side, so that what happens to a connection may be reported before that it was accepted.
 *
 * @param side The side.
 * @param threads How many threads there are.
 */
export function hasSeveralIoThreads(side: Side, threads: number): boolean {
  const own = ioThreadsOf(side, threads);
  // More than one bit.
  return (own & (own - 1)) !== 0;
}
