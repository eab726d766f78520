/**
 * The end of a queue under test, and whether its books balance.
 *
 * @module
 */

import type { BrokerCounters, BrokerGauges } from "../../lib/queue/broker/statistics.ts";
import type { Program } from "../harness/program.ts";
import { demand } from "./fault.ts";

/** What a queue's last line says, and its exit code. */
export type QueueEnd = BrokerCounters & BrokerGauges & { readonly code: number };

/**
 * Ends a queue with SIGTERM and checks that every request that it accepted ended in exactly one counted way, and that it
 * never failed.
 *
 * @param queue The queue.
 * @returns Its last words.
 * @throws {BrokenGuarantee} When the books do not balance.
 */
export async function endQueue(queue: Program): Promise<QueueEnd> {
  demand(queue.isRunning, "A queue never stops by itself", { stderr: queue.stderr.slice(-2000) });
  queue.kill("SIGTERM");
  return await queueEnd(queue);
}

/**
 * Waits for the end of a queue that was told to end, and checks its books.
 *
 * @param queue The queue.
 * @returns Its last words.
 * @throws {BrokenGuarantee} When the books do not balance.
 */
export async function queueEnd(queue: Program): Promise<QueueEnd> {
  const { code, stderr } = await queue.exit;
  const last = queue.lines.at(-1);
  demand(last?.event === "ended", "A queue's last line has its counters", { code, stderr: stderr.slice(-2000) });
  const end = { ...last as unknown as QueueEnd, code };
  const ended = end.answered + end.clientLeft + end.clientBlocked + end.exhausted + end.leftAtDrain;
  demand(end.accepted === ended, "Every accepted request ends in exactly one counted way", end);
  demand(code === (end.leftAtDrain === 0 ? 0 : 1), "The exit code says whether something was left", end);
  const pending = end.waiting + end.delayed + end.inFlight + end.onTrial + end.pendingBytes;
  demand(pending === 0, "Nothing is pending at the end", end);
  return end;
}
