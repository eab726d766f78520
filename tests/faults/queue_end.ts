/**
 * The end of a queue under test, and a check of its counters.
 *
 * @module
 */

import type { QueueStatistics } from "../../queue.ts";
import type { Exit, LogLine, Program } from "../harness/program.ts";
import { demand } from "./fault.ts";

/** The figures in a queue's last log line, and its exit code. */
export type QueueEnd = QueueStatistics & { readonly code: number };

/**
 * Ends a queue with SIGTERM and checks that every request that it accepted ended in exactly one counted way.
 *
 * @param queue The queue.
 * @returns Its last figures.
 * @throws {BrokenGuarantee} When it has ended before, or the counters do not add up.
 */
export async function endQueue(queue: Program): Promise<QueueEnd> {
  demand(queue.isRunning, "A queue never stops by itself", { stderr: queue.stderr.slice(-2000) });
  queue.kill("SIGTERM");
  return await queueEnd(queue);
}

/**
 * Waits for the end of a queue that has got a signal, and checks its counters.
 *
 * @param queue The queue.
 * @returns Its last figures.
 * @throws {BrokenGuarantee} When the counters do not add up.
 */
export async function queueEnd(queue: Program): Promise<QueueEnd> {
  const exit = await queue.exit;
  return checkEnd(queue.lines.at(-1), exit);
}

/**
 * Checks the counters of a queue that has ended.
 *
 * @param last The last line of its log.
 * @param exit How it ended.
 * @returns Its last figures.
 * @throws {BrokenGuarantee} When the counters do not add up.
 */
export function checkEnd(last: LogLine | undefined, { code, stderr }: Pick<Exit, "code" | "stderr">): QueueEnd {
  demand(last?.event === "ended", "A queue's last line has its counters", { code, stderr: stderr.slice(-2000) });
  const end = { ...last as unknown as QueueEnd, code };
  const ended = end.answered + end.clientLeft + end.clientBlocked + end.exhausted + end.leftAtDrain;
  demand(end.accepted === ended, "Every accepted request ends in exactly one counted way", end);
  demand(code === (end.leftAtDrain === 0 ? 0 : 1), "The exit code says whether something was left", end);
  const pending = end.waiting + end.delayed + end.inFlight + end.onTrial + end.pendingBytes;
  demand(pending === 0, "Nothing is pending at the end", end);
  return end;
}
