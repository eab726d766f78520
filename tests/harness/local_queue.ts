/**
 * A queue in the test's process. Its statistics show when something has happened.
 *
 * @module
 */

import { type Queue, type QueueOptions, type QueueStatistics, startQueue } from "../../queue.ts";
import { IO_THREADS } from "./capabilities.ts";
import { WAIT_MS } from "./deadline.ts";
import { ANY_PORT } from "./programs.ts";

/**
 * Starts a queue in this process, on free ports of the loopback interface.
 *
 * @param options Options that differ from these and from the defaults.
 */
export function startLocalQueue(options: QueueOptions = {}): Promise<Queue> {
  const threads = IO_THREADS === undefined ? {} : { ioThreads: IO_THREADS };
  return startQueue({ frontend: ANY_PORT, backend: ANY_PORT, ...threads, ...options });
}

/**
 * Waits until a queue's statistics have certain values.
 *
 * @param queue The queue.
 * @param wanted The values to wait for.
 * @returns The first statistics with these values.
 * @throws {Error} When that takes too long.
 */
export async function statisticsWith(queue: Queue, wanted: Partial<QueueStatistics>): Promise<QueueStatistics> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const statistics = await queue.statistics();
    const names = Object.keys(wanted) as (keyof QueueStatistics)[];
    if (names.every((name) => statistics[name] === wanted[name])) return statistics;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${WAIT_MS} ms for ${JSON.stringify(wanted)}, there is ${JSON.stringify(statistics)}`);
    }
  }
}
