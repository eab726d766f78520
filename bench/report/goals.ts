/**
 * Says which goals are met.
 *
 * @module
 */

import { type Figure, figureOf, type Sample } from "./results.ts";
import { ratiosOf, spreadOf } from "./statistics.ts";

/** A bound for a figure. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** What a goal is about. */
export interface GoalSubject {
  /** The case; two with ` / ` between them where one is compared with the other. */
  readonly subject: string;
  /** Which of our queues, or what else. */
  readonly of: string;
  /** With its unit. */
  readonly figure: string;
}

/** A goal, and whether the median meets it. */
export interface GoalResult extends GoalSubject {
  readonly value: Figure;
  readonly goal: Goal;
  readonly isMet: boolean;
}

/** Which figure of which sample. */
export interface Wanted extends GoalSubject {
  /** Labels that the sample has. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The values of a figure by rounds; none when it was not measured. */
export function valuesOf(samples: readonly Sample[], { subject, of, figure, labels = {} }: Wanted): readonly number[] {
  const found = samples.find((sample) =>
    sample.subject === subject && sample.of === of &&
    Object.entries(labels).every(([name, value]) => sample.labels?.[name] === value)
  );
  return found?.figures[figure] ?? [];
}

/** Divides the values of a figure by those of another, which is the same but for `reference`, round by round. */
export function ratioOf(samples: readonly Sample[], wanted: Wanted, reference: Partial<Wanted>): number[] {
  return ratiosOf(valuesOf(samples, wanted), valuesOf(samples, { ...wanted, ...reference }));
}

/** Judges values by a goal; there is no result without a value. */
export function judge(about: GoalSubject, values: readonly number[], goal: Goal): GoalResult[] {
  if (values.length === 0) return [];
  const { median } = spreadOf(values);
  const isMet = "atLeast" in goal ? median >= goal.atLeast : median <= goal.atMost;
  return [{ ...about, value: figureOf(values), goal, isMet }];
}
