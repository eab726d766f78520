/**
 * Prints an overload experiment, and sums it up for the results.
 *
 * @module
 */

import { meets } from "./cases.ts";
import { type GoalResult, valueGoal } from "./goals.ts";
import type { Experiment } from "./overload_experiments.ts";
import type { OverloadRun } from "./overload_measure.ts";
import { OUR_QUEUE } from "./queues.ts";
import { goalText, print, printTable } from "./table.ts";

/** One experiment with each queue. */
export interface ExperimentRuns {
  readonly experiment: Experiment;
  /** By the queue's name; the goals are for {@linkcode OUR_QUEUE}. */
  readonly runs: ReadonlyMap<string, OverloadRun>;
}

/** A figure of an experiment with each queue. */
export interface ExperimentFigure {
  readonly figure: string;
  /** By the queue's name; null where a run has no such figure. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Whether our queue's meets the goal, where there is one. */
  readonly met?: boolean;
}

/**
 * Takes an experiment's figures.
 *
 * @param runs The experiment.
 * @returns A row for each figure.
 */
export function experimentFigures({ experiment, runs }: ExperimentRuns): ExperimentFigure[] {
  const ours = runs.get(OUR_QUEUE);
  return experiment.figures.map(({ label, of, goal }) => {
    const values = Object.fromEntries([...runs].map(([queue, run]) => [queue, of(run) ?? null]));
    const value = ours === undefined ? undefined : of(ours);
    const isMet = goal !== undefined && value !== undefined && meets(value, goal);
    return { figure: label, values, ...(goal === undefined ? {} : { met: isMet }) };
  });
}

function present(value: number | undefined): number[] {
  return value === undefined ? [] : [value];
}

/**
 * Judges an experiment by its goals.
 *
 * @param runs The experiment.
 * @returns A result for each goal, where our queue has such a figure.
 */
export function experimentGoals({ experiment, runs }: ExperimentRuns): GoalResult[] {
  const ours = runs.get(OUR_QUEUE);
  if (ours === undefined) return [];
  return experiment.figures.flatMap(({ label, of, goal }) =>
    goal === undefined
      ? []
      : valueGoal({ queue: OUR_QUEUE, subject: experiment.name, figure: label }, present(of(ours)), goal)
  );
}

/**
 * Prints an experiment: its figures in rows, the queues in columns.
 *
 * @param runs The experiment.
 */
export function printExperiment(runs: ExperimentRuns): void {
  const { name, summary, figures } = runs.experiment;
  print("");
  print(`${name}: ${summary}`);
  const rows = experimentFigures(runs).map(({ figure, values, met }, i) => {
    const digits = figures[i]?.digits ?? 0;
    const cells = Object.values(values).map((value) => value === null ? "-" : value.toFixed(digits));
    return [figure, ...cells, goalText(figures[i]?.goal, met, digits)];
  });
  printTable([["", ...runs.runs.keys(), "goal"], ...rows]);
}
