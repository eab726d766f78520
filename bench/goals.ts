/**
 * Compares the queues' runs, and says which goals are met.
 *
 * @module
 */

import {
  type Case,
  type FigureName,
  figureNamed,
  FIGURES,
  GENERATOR_CASE,
  GENERATOR_COST_GOAL,
  GENERATOR_PACE_GOAL,
  type Goal,
  type Growth,
  GROWTHS,
  meets,
} from "./cases.ts";
import type { Measurement } from "./measure.ts";
import { OURS, PIPELINING, PROXY } from "./queues.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** The runs of one case, in the order in which they were made, so that the n-th of each queue are of one round. */
export interface CaseRuns {
  readonly case: Case;
  /** By the queue's name. */
  readonly runs: ReadonlyMap<string, readonly Measurement[]>;
}

/** A goal, and whether it is met. */
export interface GoalResult {
  /** Which of our queues. */
  readonly queue: string;
  /** What was measured: a case, or another part of the benchmark. */
  readonly subject: string;
  /** What has to be so, with its unit. */
  readonly figure: string;
  /** What was seen: of a ratio the median, smallest and largest of all rounds. */
  readonly value: Spread;
  readonly goal: Goal;
  /** Whether the median meets it. */
  readonly isMet: boolean;
}

/**
 * Judges what was seen by a goal.
 *
 * @param seen What was seen.
 * @returns The same, judged by the median.
 */
export function judge(seen: Omit<GoalResult, "isMet">): GoalResult {
  return { ...seen, isMet: meets(seen.value.median, seen.goal) };
}

/** What a goal is about. */
export type GoalSubject = Pick<GoalResult, "queue" | "subject" | "figure">;

/**
 * Divides values by others, round by round.
 *
 * @param values The values above the line, in the order of rounds.
 * @param references Those below.
 * @returns The ratios; undefined when there is no round with both.
 */
function ratiosOf(values: readonly number[] = [], references: readonly number[] = []): Spread | undefined {
  const ratios = values.flatMap((value, i) => references[i] === undefined ? [] : value / references[i]);
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}

/**
 * Judges values beside others by a goal for their ratio.
 *
 * @param subject What it is about.
 * @param parts Both, in the order of rounds, and the goal.
 * @returns The result; none when there is no round with both.
 */
export function ratioGoal(
  subject: GoalSubject,
  { values, references, goal }: {
    readonly values: readonly number[] | undefined;
    readonly references: readonly number[] | undefined;
    readonly goal: Goal;
  },
): GoalResult[] {
  const value = ratiosOf(values, references);
  return value === undefined ? [] : [judge({ ...subject, value, goal })];
}

/**
 * Judges values by a goal.
 *
 * @param subject What it is about.
 * @param values The values.
 * @param goal The goal.
 * @returns The result; none when there are no values.
 */
export function valueGoal(subject: GoalSubject, values: readonly number[] | undefined, goal: Goal): GoalResult[] {
  return ratioGoal(subject, { values, references: values?.map(() => 1), goal });
}

/**
 * Divides runs by others, round by round.
 *
 * @param figure What is compared.
 * @param runs The runs above the line.
 * @param reference Those below.
 * @returns The ratios; undefined when there is no round with both.
 */
export function ratioOf(
  figure: FigureName,
  runs: readonly Measurement[] = [],
  reference: readonly Measurement[] = [],
): Spread | undefined {
  const { of } = figureNamed(figure);
  return ratiosOf(runs.map(of), reference.map(of));
}

/**
 * Sums up a queue's runs.
 *
 * @param runs At least one.
 * @returns The spread of each figure.
 */
export function figuresOf(runs: readonly Measurement[]): Record<FigureName, Spread> {
  const spreads = FIGURES.map(({ name, of }): [FigureName, Spread] => [name, spreadOf(runs.map(of))]);
  return Object.fromEntries(spreads) as Record<FigureName, Spread>;
}

/**
 * Judges a case by its goals.
 *
 * @param runs The case.
 * @returns A result for each goal and each of our queues, where both queues were measured.
 */
export function caseGoals({ case: { name, goals }, runs }: CaseRuns): GoalResult[] {
  return OURS.flatMap((queue) =>
    goals.flatMap(({ figure, against, goal }) => {
      const value = ratioOf(figure, runs.get(queue), runs.get(against));
      if (value === undefined) return [];
      return judge({ queue, subject: name, figure: `${figureNamed(figure).label} / ${against}`, value, goal });
    })
  );
}

function growthGoal(growth: Growth, cases: readonly CaseRuns[]): GoalResult[] {
  const runsOf = (name: string, queue: string) => cases.find((runs) => runs.case.name === name)?.runs.get(queue);
  return OURS.flatMap((queue) => {
    const value = ratioOf("queueCpuUs", runsOf(growth.to, queue), runsOf(growth.from, queue));
    if (value === undefined) return [];
    return judge({ queue, subject: growth.to, figure: growth.label, value, goal: growth.goal });
  });
}

/**
 * Judges how much more a request costs with more peers and with a longer backlog.
 *
 * @param cases All cases.
 * @returns A result for each growth and each of our queues, where both cases were measured.
 */
export function growthGoals(cases: readonly CaseRuns[]): GoalResult[] {
  return GROWTHS.flatMap((growth) => growthGoal(growth, cases));
}

/**
 * Checks that the load generator is not what is measured: that it drives zmq_proxy faster than any queue that waits for
 * free workers, and that it costs less than any queue.
 *
 * @param cases All cases.
 * @returns The checks, of the load generator instead of a queue; none when the case or zmq_proxy was not measured.
 */
export function generatorGoals(cases: readonly CaseRuns[]): GoalResult[] {
  const chosen = cases.find(({ case: { name } }) => name === GENERATOR_CASE);
  const proxy = chosen?.runs.get(PROXY);
  if (chosen === undefined || proxy === undefined) return [];
  const queues = [...chosen.runs].filter(([queue]) => queue !== PROXY);
  const paces = queues.filter(([queue]) => !PIPELINING.includes(queue))
    .flatMap(([, runs]) => ratioOf("requestsPerSecond", proxy, runs) ?? []);
  const costs = queues.map(([, runs]) => spreadOf(runs.map((run) => run.loadCpuSeconds / run.queueCpuSeconds)));
  const byMedian = (a: Spread, b: Spread) => a.median - b.median;
  const about = (figure: string) => ({ queue: "load generator", subject: GENERATOR_CASE, figure });
  const checks: readonly (readonly [string, Spread | undefined, Goal])[] = [
    ["requests/s of zmq_proxy / of the fastest queue", paces.toSorted(byMedian)[0], GENERATOR_PACE_GOAL],
    ["CPU of the load / of the cheapest queue", costs.toSorted(byMedian).at(-1), GENERATOR_COST_GOAL],
  ];
  return checks.flatMap(([figure, value, goal]) =>
    value === undefined ? [] : [judge({ ...about(figure), value, goal })]
  );
}

/**
 * Judges cases by all goals.
 *
 * @param cases All cases.
 * @returns The results.
 */
export function goalsOfCases(cases: readonly CaseRuns[]): GoalResult[] {
  return [...generatorGoals(cases), ...cases.flatMap(caseGoals), ...growthGoals(cases)];
}
