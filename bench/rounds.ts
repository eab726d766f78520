/**
 * Measures all queues in all cases, in interleaved rounds.
 *
 * @module
 */

import type { Case } from "./cases.ts";
import { BenchError } from "./error.ts";
import type { CaseRuns } from "./goals.ts";
import { type LoadSetup, measure, type Measurement, type Pinning } from "./measure.ts";
import { descriptorLimit, type QueueProgram } from "./queue_process.ts";
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

/** Where a case runs: together, on the queue's core, or with a core each. */
function pinningOf({ isApart }: Case, { queueCore, loadCore }: Pinning): Pinning {
  return { queueCore, loadCore: isApart ? loadCore : queueCore };
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
      for (const queue of queues) {
        const key = `${queue.name} in ${chosen.name}`;
        if (failed.has(key)) continue;
        try {
          const measured = await measure(queue, chosen, { ...setup, pinning: pinningOf(chosen, setup.pinning) });
          runs.set(queue.name, [...runs.get(queue.name) ?? [], measured]);
        } catch (error) {
          const isRequired = queue.name === C_QUEUE || OURS.includes(queue.name);
          if (!(error instanceof BenchError) || isRequired) throw error;
          failed.add(key);
          runs.delete(queue.name);
          leftOut.push({ name: key, reason: error.message });
        }
      }
    }
  }
  return { cases: results, leftOut };
}
