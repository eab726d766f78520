/**
 * What a part of the benchmark is. To add one, write a file beside this one and name it in `all.ts`.
 *
 * @module
 */

import { type GoalResult, ratioOf } from "../report/goals.ts";
import type { Row, Sample } from "../report/results.ts";
import type { Programs } from "../run/build.ts";
import type { Cores } from "../run/cores.ts";
import { BenchError, firstError } from "../run/error.ts";
import type { QueueProgram } from "../run/queue_process.ts";
import { C_QUEUE, type LeftOut, OURS } from "../run/queues.ts";

/** What a part finds when it runs. */
export interface Bench {
  /** The queues wanted, the C queue first. */
  readonly queues: readonly QueueProgram[];
  readonly programs: Programs;
  readonly cores: Cores;
  readonly rounds: number;
  /** What does not count at first. */
  readonly warmupMs: number;
  /** What counts of each run. */
  readonly measureMs: number;
  /** Whether to measure only enough to see that everything works. */
  readonly isShort: boolean;
  /** Receives what begins. */
  readonly progress: (text: string) => void;
}

/** The C queue, and ours. */
export function comparedQueues(queues: readonly QueueProgram[]): QueueProgram[] {
  return queues.filter(({ name }) => [C_QUEUE, ...OURS].includes(name));
}

/** What a part measured. */
export interface PartResult {
  readonly samples: readonly Sample[];
  readonly leftOut?: readonly LeftOut[];
}

/** A part of the benchmark: one or more cases that are measured alike. */
export interface Part {
  /** The heading of its results. */
  readonly title: string;
  /** Its cases: by what `--only` names, what stands above the table. */
  readonly cases: Readonly<Record<string, string>>;
  /** Measures these cases. */
  readonly run: (names: readonly string[], bench: Bench) => Promise<PartResult>;
  /** Shows a case's rows; without it a line for each row and a column for each figure. */
  readonly table?: (rows: readonly Row[]) => string[][];
  /** Judges what was measured. */
  readonly goals?: (samples: readonly Sample[]) => GoalResult[];
  /** How many descriptors a case needs, where it may be more than there are. */
  readonly descriptors?: (name: string) => number;
}

/** Puts what each round gave into a sample. */
export function sampleOf(about: Omit<Sample, "figures">, rounds: readonly Readonly<Record<string, number>>[]): Sample {
  const names = Object.keys(rounds[0] ?? {});
  return { ...about, figures: Object.fromEntries(names.map((name) => [name, rounds.map((round) => round[name]!)])) };
}

/** Adds behind figures their ratios to those of another row with the same labels, round by round. */
export function withRatios(samples: readonly Sample[], wanted: readonly string[], of: string): Sample[] {
  return samples.map((sample) => {
    const figures = Object.entries(sample.figures).flatMap(([figure, values]) => {
      if (!wanted.includes(figure)) return [[figure, values]];
      return [[figure, values], [`${figure.split(",")[0]} / ${of}`, ratioOf(samples, { ...sample, figure }, { of })]];
    });
    return { ...sample, figures: Object.fromEntries(figures) };
  });
}

/** Measures something that may not be possible here: then it notes why, and returns undefined. */
export async function orLeaveOut<T>(
  leftOut: LeftOut[],
  what: Omit<LeftOut, "reason">,
  measure: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await measure();
  } catch (thrown) {
    const error = firstError(thrown);
    if (!(error instanceof BenchError)) throw error;
    leftOut.push({ ...what, reason: error.message });
    return undefined;
  }
}

/**
 * Measures something round by round, everything once in each round: a change of the machine's pace meets all alike.
 *
 * @param subjects What is measured; a subject that returns undefined is left out from then on.
 */
export async function inRounds<T, V>(
  rounds: number,
  subjects: readonly T[],
  measure: (subject: T, round: number) => Promise<V | undefined>,
): Promise<ReadonlyMap<T, readonly V[]>> {
  const seen = new Map(subjects.map((subject) => [subject, [] as V[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const [subject, values] of seen) {
      const value = await measure(subject, round);
      if (value === undefined) seen.delete(subject);
      else values.push(value);
    }
  }
  return seen;
}
