/**
 * What a benchmark leaves behind: `bench/results/latest.json`, and as published `bench/results.json`.
 *
 * @module
 */

import { BENCH } from "../run/build.ts";
import type { Cores } from "../run/cores.ts";
import { BenchError } from "../run/error.ts";
import type { LeftOut } from "../run/queues.ts";
import type { GoalResult } from "./goals.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Changes whenever older results cannot be read any more. */
export const RESULTS_FORMAT = 6;

/** One value, or the median and extremes of several. */
export type Figure = number | Spread;

/** Figures of one queue, or whatever else is measured. */
interface Measured<F> {
  /** The case: what `--only` names. */
  readonly subject: string;
  /** The queue, or what else it is. */
  readonly of: string;
  /** What else tells it from others, by the heading of its column. */
  readonly labels?: Readonly<Record<string, string>>;
  /** By name with unit, such as `CPU, us`. */
  readonly figures: Readonly<Record<string, F>>;
  /** For a chart: replies in time in every second. */
  readonly answeredBySecond?: readonly number[];
}

/** What was measured: a value for each round, in their order. */
export type Sample = Measured<readonly number[]>;
/** What is kept of it. */
export type Row = Measured<Figure>;

/** How much was measured. */
export interface Setup {
  readonly cores: Cores;
  /** Interleaved runs of each queue in each case. */
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** A later run. */
export interface Update {
  readonly time: string;
  /** Where it was another one. */
  readonly machine?: string;
  readonly setup: Setup;
  /** The cases that were measured again. */
  readonly names: readonly string[];
}

/** All that was measured. */
export interface Results {
  readonly format: typeof RESULTS_FORMAT;
  /** When it began, in ISO 8601. */
  readonly time: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly setup: Setup;
  /** Later runs that replaced some of the results (`--update`). */
  readonly updates: readonly Update[];
  readonly leftOut: readonly LeftOut[];
  readonly rows: readonly Row[];
  readonly goals: readonly GoalResult[];
}

/** What several values are kept as. */
export function figureOf(values: readonly number[]): Figure {
  const spread = spreadOf(values);
  return spread.min === spread.max ? spread.median : spread;
}

/** Sums a sample up; leaves out figures without a value. */
export function rowOf({ figures, ...sample }: Sample): Row {
  const present = Object.entries(figures).filter(([, values]) => values.length > 0);
  return { ...sample, figures: Object.fromEntries(present.map(([name, values]) => [name, figureOf(values)])) };
}

/**
 * Reads the results of a benchmark.
 *
 * @throws {BenchError} When they were written by another version of the benchmark.
 */
export function parseResults(text: string): Results {
  const value: unknown = JSON.parse(text);
  // The number stands for the whole shape, which nothing but the benchmark writes.
  if (typeof value === "object" && value !== null && "format" in value && value.format === RESULTS_FORMAT) {
    return value as Results;
  }
  throw new BenchError("The results are of another version of the benchmark: run deno task bench again");
}

/** Writes results as JSON with a line for each row, so that a difference can be read. */
export function resultsJson(results: Results): string {
  const round = (_: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(7)) : value;
  const json = (value: unknown) => JSON.stringify(value, round);
  const fields = Object.entries(results).map(([name, value]) =>
    `${json(name)}: ${Array.isArray(value) && value.length > 0 ? `[\n${value.map(json).join(",\n")}\n]` : json(value)}`
  );
  return `{\n${fields.join(",\n")}\n}\n`;
}

/** Where the latest results are, which nobody has published yet. */
const LATEST = `${BENCH}results/latest.json`;
/** Where the published results are. */
export const PUBLISHED: string = `${BENCH}results.json`;

/** Reads the latest results; without any, the published ones. */
export async function readLatest(): Promise<Results> {
  for (const file of [LATEST, PUBLISHED]) {
    try {
      return parseResults(await Deno.readTextFile(file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new BenchError("There are no results: run deno task bench first");
}

/** Writes the latest results. */
export async function writeLatest(results: Results): Promise<void> {
  await Deno.mkdir(`${BENCH}results`, { recursive: true });
  await Deno.writeTextFile(LATEST, resultsJson(results));
}

/** Figures that no measurement can have left at 0. */
const POSITIVE = ["requests/s", "CPU, us", "load CPU, us", "p50, us"];

/**
 * Checks that the figures can be true: every number is one, and every load was answered and took time.
 *
 * @throws {BenchError} When one cannot; the message names it.
 */
export function checkPlausible({ rows }: Pick<Results, "rows">): void {
  for (const { subject, of, figures } of rows) {
    for (const [name, figure] of Object.entries(figures)) {
      const values = typeof figure === "number" ? [figure] : Object.values(figure);
      const wrong = values.find((value) => !Number.isFinite(value) || (POSITIVE.includes(name) && value <= 0));
      if (wrong !== undefined) throw new BenchError(`${of} in ${subject} has ${wrong} as its ${name}`);
    }
  }
}
