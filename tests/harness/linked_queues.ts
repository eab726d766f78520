/**
 * Linked queues for tests.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { freeEndpoint } from "./free_port.ts";
import { type QueueProgram, startQueue } from "./programs.ts";

/**
 * Starts queues, and waits until each knows all the others.
 *
 * @param stack Ends them.
 * @param count How many.
 * @param args Their arguments, with `--nats`.
 */
export async function startLinked(
  stack: AsyncDisposableStack,
  count: number,
  args: readonly string[],
): Promise<QueueProgram[]> {
  const queues = await Promise.all(Array.from({ length: count }, () => {
    // Some tests start them again where they were.
    return startQueue(args, { frontends: [freeEndpoint()], backends: [freeEndpoint()] });
  }));
  for (const queue of queues) stack.use(queue);
  for (const queue of queues) await queue.events("linked queue joined", count - 1);
  return queues;
}

/**
 * Ends a queue with SIGTERM, and waits for its end. Its drain must leave nothing unfinished.
 *
 * @param queue The queue.
 * @returns Its last figures.
 */
export async function figuresOf(queue: QueueProgram): Promise<Record<string, number>> {
  queue.kill("SIGTERM");
  assertEquals((await queue.exit).code, 0, queue.stderr);
  return await queue.event("ended") as unknown as Record<string, number>;
}

/**
 * Checks the accounts of a queue that has ended: its requests, its loans, and its attempts elsewhere.
 *
 * @param figures Its last figures.
 */
export function checkAccounts(figures: Record<string, number>): void {
  const { accepted, answered, clientLeft, clientBlocked, exhausted, leftAtDrain } = figures;
  assertEquals(accepted, answered! + clientLeft! + clientBlocked! + exhausted! + leftAtDrain!, "Requests");
  const { lent, lentAnswered, lentRefused, lentExcused, lentLost } = figures;
  assertEquals(lent, lentAnswered! + lentRefused! + lentExcused! + lentLost!, "Loans");
  const { borrowed, borrowedAnswered, borrowedRefused, borrowedExcused, borrowedLost } = figures;
  const returned = borrowedRefused! + borrowedExcused! + borrowedLost!;
  const { borrowedTimedOut, borrowedLeftAtDrain } = figures;
  assertEquals(borrowed, borrowedAnswered! + returned + borrowedTimedOut! + borrowedLeftAtDrain!, "Attempts");
}
