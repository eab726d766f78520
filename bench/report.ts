/**
 * Sums measurements up as ratios, and prints them as tables.
 *
 * @module
 */

import { BODY_BYTES, type Case, type FigureName, FIGURES, meets, WORKERS } from "./cases.ts";
import type { Measurement, Pinning, Start } from "./measure.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { goalText, print, printTable } from "./table.ts";

/** The runs of one case: by queue, in the order in which they were made, so that the n-th of each are a pair. */
export interface CaseRuns {
  readonly case: Case;
  /** The C queue's. */
  readonly reference: readonly Measurement[];
  /** The other queues', by name. */
  readonly others: ReadonlyMap<string, readonly Measurement[]>;
}

/** One figure of one queue beside the C queue's. */
export interface Comparison {
  readonly figure: FigureName;
  /** The median of the C queue's runs. */
  readonly reference: number;
  /** The median of the queue's runs. */
  readonly value: number;
  /** The ratios of the pairs. */
  readonly ratio: Spread;
  /** Whether the median ratio meets the goal, where there is one. */
  readonly met?: boolean;
}

/** Memory and start of one queue. */
export interface StartRow extends Start {
  readonly queue: string;
}

/**
 * Compares a queue with the C queue, pair by pair.
 *
 * @param reference The C queue's runs.
 * @param runs The queue's, as many.
 * @param goals The case's goals.
 * @returns A comparison for each figure.
 */
export function compare(
  reference: readonly Measurement[],
  runs: readonly Measurement[],
  goals: Case["goals"],
): Comparison[] {
  return FIGURES.map(({ name, of }) => {
    const ratio = spreadOf(runs.flatMap((run, i) => reference[i] === undefined ? [] : of(run) / of(reference[i])));
    const goal = goals[name];
    return {
      figure: name,
      reference: spreadOf(reference.map(of)).median,
      value: spreadOf(runs.map(of)).median,
      ratio,
      ...(goal === undefined ? {} : { met: meets(ratio.median, goal) }),
    };
  });
}

function figureText(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toFixed(1);
}

function placeText(oneCore: boolean, { queueCore, loadCore }: Pinning): string {
  return oneCore ? `queue and load on core ${queueCore}` : `queue on core ${queueCore}, load on core ${loadCore}`;
}

/**
 * Prints what the tables below it have in common.
 *
 * @param libzmq The version of the libzmq under the C queue and the load generator.
 * @param pairs How many pairs of runs each case has.
 */
export function printHeading(libzmq: string, pairs: number): void {
  print(`Deno ${Deno.version.deno}, C queue and load on libzmq ${libzmq}, ${pairs} ${pairs === 1 ? "pair" : "pairs"}`);
}

/**
 * Prints a case: for each queue a table of its figures beside the C queue's.
 *
 * @param runs The case's runs.
 * @param pinning Where they were made.
 */
export function printCase(runs: CaseRuns, pinning: Pinning): void {
  const { name, outstanding, oneCore, goals } = runs.case;
  print("");
  print(`${name}: ${outstanding} outstanding, ${WORKERS} workers, ${BODY_BYTES} B, ${placeText(oneCore, pinning)}`);
  for (const [queue, measurements] of runs.others) {
    const rows = compare(runs.reference, measurements, goals).map((row) => [
      FIGURES.find((figure) => figure.name === row.figure)?.label ?? row.figure,
      figureText(row.reference),
      figureText(row.value),
      row.ratio.median.toFixed(2),
      row.ratio.min.toFixed(2),
      row.ratio.max.toFixed(2),
      goalText(goals[row.figure], row.met, 2),
    ]);
    printTable([["", "C", queue, "ratio", "min", "max", "goal"], ...rows]);
  }
}

/**
 * Prints memory and start of each queue.
 *
 * @param starts What was measured without load.
 * @param loaded The median resident memory after the load of a case, in bytes, by queue; a queue may be missing.
 */
export function printStarts(starts: readonly StartRow[], loaded: ReadonlyMap<string, number>): void {
  const mebibytes = (bytes: number | undefined) => bytes === undefined ? "-" : (bytes / 2 ** 20).toFixed(1);
  print("");
  print("start and memory");
  printTable([
    ["", "start to listening, ms", "resident idle, MiB", "resident after load, MiB"],
    ...starts.map(({ queue, seconds, residentBytes }) => [
      queue,
      (seconds * 1000).toFixed(1),
      mebibytes(residentBytes),
      mebibytes(loaded.get(queue)),
    ]),
  ]);
}
