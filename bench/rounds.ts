/**
 * Measures all queues in all cases, in interleaved rounds.
 *
 * @module
 */

import type { Case } from "./cases.ts";
import { BenchError, firstError } from "./error.ts";
import type { CaseRuns } from "./goals.ts";
import { type LoadSetup, measure, type Measurement } from "./measure.ts";
import { descriptorLimit, type QueueProgram } from "./queue_process.ts";
import { pinningOf } from "./place.ts";
import { C_QUEUE, type LeftOut, OURS } from "./queues.ts";

/** What a queue needs beside its connections. */
const OTHER_DESCRIPTORS = 100;

/** What was measured, and what could not be. */
export interface RoundsResult {
  readonly cases: readonly CaseRuns[];
  readonly leftOut: readonly LeftOut[];
}

/** How rounds are made. */
export interface RoundsSetup extends LoadSetup {
  readonly rounds: number;
  /** Told of what begins. */
  readonly onProgress: (text: string) => void;
}

/** Makes one run; returns the error of a queue that may fail. */
async function tryMeasure(queue: QueueProgram, chosen: Case, setup: LoadSetup): Promise<Measurement | BenchError> {
  try {
    return await measure(queue, chosen, { ...setup, pinning: pinningOf(chosen.place, setup.pinning) });
  } catch (thrown) {
    const error = firstError(thrown);
    if (error instanceof BenchError && queue.name !== C_QUEUE && !OURS.includes(queue.name)) return error;
    throw error;
  }
}

/**
 * Goes through all cases and in each through all queues, so often as there are rounds: a change of the machine's pace
 * meets all alike.
 *
 * A queue that is neither ours nor the C queue and that fails in a case is left out of it from then on.
 *
 * @param queues The queues.
 * @param cases The cases.
 * @param setup How.
 * @returns What was seen.
 * @throws {BenchError} When ours or the C queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function runRounds(
  queues: readonly QueueProgram[],
  cases: readonly Case[],
  setup: RoundsSetup,
): Promise<RoundsResult> {
  const leftOut: LeftOut[] = [];
  const limit = await descriptorLimit();
  const possible = cases.filter(({ name, clients, workers }) => {
    const needed = clients + workers + OTHER_DESCRIPTORS;
    if (needed <= limit) return true;
    leftOut.push({ name, reason: `it needs ${needed} descriptors, but ulimit -Hn is ${limit}` });
    return false;
  });
  const results = possible.map((chosen) => ({ case: chosen, runs: new Map<string, Measurement[]>() }));
  const failed = new Set<string>();
  for (let round = 1; round <= setup.rounds; round++) {
    for (const { case: chosen, runs } of results) {
      setup.onProgress(`round ${round} of ${setup.rounds}, ${chosen.name}`);
      for (const queue of queues.filter(({ name }) => !failed.has(`${name} in ${chosen.name}`))) {
        const measured = await tryMeasure(queue, chosen, setup);
        if (measured instanceof BenchError) {
          failed.add(`${queue.name} in ${chosen.name}`);
          runs.delete(queue.name);
          leftOut.push({ name: `${queue.name} in ${chosen.name}`, reason: measured.message });
        } else {
          runs.set(queue.name, [...runs.get(queue.name) ?? [], measured]);
        }
      }
    }
  }
  return { cases: results, leftOut };
}
