/**
 * Measures how long garbage collections stop the relay under full load.
 *
 * @module
 */

import { type CollectionSummary, summarizeBusiest } from "./gc_trace.ts";
import { valueGoal } from "./goals.ts";
import { type LoadSetup, measureRunning } from "./measure.ts";
import type { PartResult } from "./part.ts";
import { QueueProcess } from "./queue_process.ts";
import { sourceQueue } from "./queues.ts";
import { print } from "./table.ts";

/** What `--only` names. */
export const GARBAGE_COLLECTION = "garbage-collection";

/** The relay's collections during a load. */
export interface CollectionRow extends CollectionSummary {
  /** How long it lasted, its beginning included. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
}

/**
 * Puts our queue, run from source, under full load, and has V8 tell of its collections.
 *
 * @param setup How; the warm-up counts too.
 * @returns One row.
 * @throws {BenchError} When the queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function runGarbageCollection(setup: LoadSetup): Promise<PartResult<CollectionRow>> {
  const queue = sourceQueue(["--v8-flags=--trace-gc"]);
  await using running = await QueueProcess.start(queue, setup.pinning.queueCores);
  const load = { bodyBytes: 32, outstanding: 64, workers: 16, clients: 64 };
  const { seconds, requestsPerSecond } = await measureRunning(running, { name: queue.name, load, setup });
  const summary = summarizeBusiest(running.collections);
  const about = { queue: queue.name, subject: GARBAGE_COLLECTION, figure: "longest pause of the relay, ms" };
  return {
    rows: [{ ...summary, seconds: seconds + setup.warmupMs / 1000, requestsPerSecond }],
    goals: valueGoal(about, [summary.maxMs], { atMost: 5 }),
    leftOut: [],
  };
}

/**
 * Prints the relay's garbage collections.
 *
 * @param rows What was traced.
 */
export function printGarbageCollection(rows: readonly CollectionRow[]): void {
  for (const { count, seconds, requestsPerSecond, totalMs, maxMs, maxKind } of rows) {
    print("");
    print(
      `${GARBAGE_COLLECTION}: ${count} of the relay in ${seconds.toFixed(0)} s at ${requestsPerSecond.toFixed(0)} ` +
        `requests/s, ${totalMs.toFixed(1)} ms in all, the longest ${maxMs.toFixed(2)} ms (${maxKind})`,
    );
  }
}
