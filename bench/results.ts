/**
 * What a benchmark leaves in `bench/results/latest.json`.
 *
 * @module
 */

import type { Case, FigureName } from "./cases.ts";
import type { DepartureRow } from "./departures.ts";
import { BenchError } from "./error.ts";
import type { CollectionRow } from "./garbage_collection.ts";
import type { GoalResult } from "./goals.ts";
import type { IdleClientsRow } from "./idle_clients.ts";
import type { Machine } from "./machine.ts";
import type { Measurement, Pinning } from "./measure.ts";
import type { OverloadLoad, OverloadRun } from "./overload_measure.ts";
import type { ExperimentFigure } from "./overload_report.ts";
import type { PeerCostRow } from "./peer_costs.ts";
import { type LeftOut, QUEUE_NAMES } from "./queues.ts";
import type { Redelivery } from "./redelivery.ts";
import type { StartRow } from "./starts.ts";
import type { Spread } from "./statistics.ts";
import type { ThreadRow } from "./threads.ts";

/** Changes whenever older results cannot be read any more. */
export const RESULTS_FORMAT = 5;

/** How much was measured. */
export interface Setup {
  readonly pinning: Pinning;
  /** Interleaved runs of each queue in each case. */
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** Whether it was `--short`, whose figures mean nothing. */
  readonly isShort: boolean;
}

/** A case: by the queue's name. */
export interface CaseResult {
  readonly case: Case;
  readonly figures: Readonly<Record<string, Record<FigureName, Spread>>>;
  /** CPU per request as a part of the C queue's. */
  readonly cpuRatios: Readonly<Record<string, Spread>>;
  /** Each run. */
  readonly runs: Readonly<Record<string, readonly Measurement[]>>;
}

/** An overload experiment. */
export interface OverloadResult {
  readonly name: string;
  readonly summary: string;
  readonly load: OverloadLoad;
  readonly figures: readonly ExperimentFigure[];
  readonly runs: Readonly<Record<string, OverloadRun>>;
}

/** A later run whose results took the place of some. */
export interface Update {
  /** When it began, in ISO 8601. */
  readonly time: string;
  readonly setup: Setup;
  /** The cases and parts. */
  readonly names: readonly string[];
}

/** All that was measured; what was not chosen is empty. */
export interface Results {
  readonly format: typeof RESULTS_FORMAT;
  /** When it began, in ISO 8601. */
  readonly time: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
  readonly setup: Setup;
  /** What was measured anew later (`--update`). */
  readonly updates: readonly Update[];
  readonly cases: readonly CaseResult[];
  readonly threads: readonly ThreadRow[];
  readonly starts: readonly StartRow[];
  readonly idleClients: readonly IdleClientsRow[];
  readonly departures: readonly DepartureRow[];
  readonly collections: readonly CollectionRow[];
  readonly peerCosts: readonly PeerCostRow[];
  readonly overload: readonly OverloadResult[];
  readonly redelivery: Readonly<Record<string, Redelivery>>;
  readonly goals: readonly GoalResult[];
}

/**
 * Reads the results of a benchmark.
 *
 * @param text The JSON that the benchmark wrote.
 * @returns The results.
 * @throws {BenchError} When it is none, or of another version of the benchmark.
 */
export function parseResults(text: string): Results {
  const value: unknown = JSON.parse(text);
  // The number stands for the whole shape, which nothing but the benchmark writes.
  if (typeof value === "object" && value !== null && "format" in value && value.format === RESULTS_FORMAT) {
    return value as Results;
  }
  throw new BenchError("The results are of another version of the benchmark: run deno task bench again");
}

/**
 * Lists the queues that were measured.
 *
 * @param cases Some cases.
 * @returns Their names, in the order of tables.
 */
export function queuesIn(cases: readonly CaseResult[]): string[] {
  return QUEUE_NAMES.filter((queue) => cases.some(({ figures }) => queue in figures));
}

/** Walks through all that is in a value, with the way that leads there. */
function* leaves(value: unknown, path: string): Generator<readonly [string, unknown]> {
  if (typeof value !== "object" || value === null) {
    yield [path, value];
    return;
  }
  for (const [name, inner] of Object.entries(value)) yield* leaves(inner, path === "" ? name : `${path}.${name}`);
}

/**
 * Checks that the figures can be true: every number is one, and every run answered requests and took time for it.
 *
 * @param results The results.
 * @throws {BenchError} When one cannot; the message names it.
 */
export function checkPlausible(results: Results): void {
  for (const [path, value] of leaves(results, "")) {
    if (typeof value === "number" && !Number.isFinite(value)) throw new BenchError(`The figure ${path} is ${value}`);
  }
  const positive = ["requests", "seconds", "p50Us", "loadCpuSeconds", "queueCpuSeconds", "residentPeakBytes"] as const;
  for (const { case: { name }, runs } of results.cases) {
    for (
      const [queue, run] of Object.entries(runs).flatMap(([queue, list]) => list.map((run) => [queue, run] as const))
    ) {
      const wrong = positive.find((figure) => !(run[figure] > 0));
      if (wrong !== undefined) {
        throw new BenchError(`The queue ${queue} has ${run[wrong]} ${wrong} in the case ${name}`);
      }
    }
  }
}
