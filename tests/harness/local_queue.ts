/**
 * A queue in this process, whose statistics tell a test when something has happened.
 *
 * @module
 */

import { type Queue, type QueueOptions, type QueueStatistics, startQueue } from "../../queue.ts";
import { WAIT_MS } from "./deadline.ts";
import { ANY_PORT } from "./programs.ts";

/**
 * Starts a queue in this process, on free ports of the loopback interface.
 *
 * @param options What is not the default.
 */
export function startLocalQueue(options: QueueOptions = {}): Promise<Queue> {
  return startQueue({ frontend: ANY_PORT, backend: ANY_PORT, ...options });
}

/**
 * Waits until a queue's statistics say something.
 *
 * @param queue The queue.
 * @param wanted The figures that they are to have.
 * @returns The statistics that have them.
 * @throws {Error} When they do not come to have them in time.
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
