/**
 * Compares the queue with the Guide's queue in C, in interleaved pairs of runs, and prints ratios: `deno task bench`.
 *
 * Needs Linux with taskset, gcc and libzmq3-dev. Permissions: `--allow-read`, `--allow-write=bench`,
 * `--allow-run=gcc,taskset,cat`.
 *
 * @module
 */

import { type OptionValues, runProgram } from "../lib/command_line.ts";
import { build, type Programs } from "./build.ts";
import { BODY_BYTES, type Case, CASES, WORKERS } from "./cases.ts";
import { BenchError } from "./error.ts";
import { measure, type Measurement, measureStart, type Pinning } from "./measure.ts";
import { type Amount, BENCH_PROGRAM, FULL, SHORT } from "./options.ts";
import { EXPERIMENTS } from "./overload_experiments.ts";
import { measureOverload, type OverloadRun } from "./overload_measure.ts";
import { experimentFigures, type ExperimentRuns, printExperiment } from "./overload_report.ts";
import type { QueueProgram } from "./queue_process.ts";
import { measureRedelivery, printRedelivery, REDELIVERY, type Redelivery } from "./redelivery.ts";
import { type CaseRuns, compare, printCase, printHeading, printStarts, type StartRow } from "./report.ts";
import { spreadOf } from "./statistics.ts";

type Options = OptionValues<typeof BENCH_PROGRAM.options>;

const BENCH = import.meta.dirname ?? ".";
const RESULTS = `${BENCH}/results`;
const ENDPOINT = "tcp://127.0.0.1:*";
const OUR_ARGS = ["--frontend", ENDPOINT, "--backend", ENDPOINT, "--log-format", "json"];

function binaryQueue(path: string): QueueProgram {
  return { name: "binary", command: path, args: OUR_ARGS };
}

function sourceQueue(): QueueProgram {
  const permissions = ["--allow-ffi", "--allow-env", "--allow-read"];
  return { name: "deno", command: Deno.execPath(), args: ["run", ...permissions, `${BENCH}/../queue.ts`, ...OUR_ARGS] };
}

/** What our queue would be without its order for overload. */
function inFixedOrder(queue: QueueProgram): QueueProgram {
  return { ...queue, name: `${queue.name} fifo`, args: [...queue.args, "--order", "fifo"] };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs the C queue and then each other, `pairs` times over, so that a change of the machine's pace meets all alike. */
async function runCase(
  chosen: Case,
  queues: { readonly reference: QueueProgram; readonly others: readonly QueueProgram[]; readonly load: string },
  amount: Amount,
  { queueCore, loadCore }: Pinning,
): Promise<CaseRuns> {
  const requests = amount.requests ?? chosen.requests;
  const load = {
    program: queues.load,
    workers: WORKERS,
    outstanding: chosen.outstanding,
    bodyBytes: BODY_BYTES,
    requests,
    warmup: Math.ceil(requests / 3),
  };
  const pinning = { queueCore, loadCore: chosen.oneCore ? queueCore : loadCore };
  const reference: Measurement[] = [];
  const others = new Map(queues.others.map(({ name }): [string, Measurement[]] => [name, []]));
  for (let pair = 0; pair < amount.pairs; pair++) {
    reference.push(await measure(queues.reference, load, pinning));
    for (const queue of queues.others) others.get(queue.name)?.push(await measure(queue, load, pinning));
  }
  return { case: chosen, reference, others };
}

/** The queues of one benchmark. */
interface Queues {
  /** The C queue. */
  readonly reference: QueueProgram;
  /** Those that are compared with it. */
  readonly others: readonly QueueProgram[];
  /** Those that are in the overload experiments: the C queue, ours, and the others. */
  readonly overloaded: readonly QueueProgram[];
  /** Those that are started and ended only. */
  readonly started: readonly QueueProgram[];
}

async function queuesOf(programs: Programs, options: Options): Promise<Queues> {
  const reference: QueueProgram = { name: "c", command: programs.cQueue, args: [ENDPOINT, ENDPOINT] };
  const ours = options.control ? { ...reference, name: "c again" } : sourceQueue();
  const path = options["queue-binary"];
  const others = path === undefined ? [ours] : [ours, binaryQueue(path)];
  const overloaded = [reference, ...others, ...(options.control ? [] : [inFixedOrder(ours)])];
  const dist = `${BENCH}/../dist/spqueue`;
  const built = path === undefined && await exists(dist) ? [binaryQueue(dist)] : [];
  return { reference, others, overloaded, started: [reference, ...others, ...built] };
}

async function runCases(queues: Queues, programs: Programs, amount: Amount, options: Options): Promise<CaseRuns[]> {
  const results: CaseRuns[] = [];
  for (const chosen of CASES.filter(({ name }) => options.only.includes(name))) {
    const runs = await runCase(chosen, { ...queues, load: programs.load }, amount, options.cores);
    if (results.push(runs) === 1) printHeading(libzmqOf(results), amount.pairs);
    printCase(runs, options.cores);
  }
  return results;
}

async function runStarts(queues: Queues, results: readonly CaseRuns[], amount: Amount, cores: string) {
  const starts: StartRow[] = [];
  for (const queue of queues.started) {
    starts.push({ queue: queue.name, ...await measureStart(queue, cores, amount.starts) });
  }
  printStarts(starts, residentAfterLoad(queues.reference.name, results[0]));
  return starts;
}

async function runExperiments(queues: Queues, program: string, options: Options, cores: string) {
  const results: ExperimentRuns[] = [];
  for (const experiment of EXPERIMENTS.filter(({ name }) => options.only.includes(name))) {
    const load = { ...experiment.load, ...(options.short ? experiment.short : {}) };
    const runs = new Map<string, OverloadRun>();
    for (const queue of queues.overloaded) {
      runs.set(queue.name, await measureOverload(queue, { program, load, cores }));
    }
    results.push({ experiment, runs });
    printExperiment({ experiment, runs });
  }
  return results;
}

async function runRedelivery(queues: Queues, program: string, kills: number, cores: string) {
  const results = new Map<string, Redelivery>();
  for (const queue of [queues.reference, ...queues.others]) {
    results.set(queue.name, await measureRedelivery(queue, { program, kills, cores }));
  }
  printRedelivery(results);
  return results;
}

/** The median resident memory of each queue after the load of the first case that ran. */
function residentAfterLoad(cName: string, runs: CaseRuns | undefined): Map<string, number> {
  const all: [string, readonly Measurement[]][] = runs === undefined ? [] : [[cName, runs.reference], ...runs.others];
  return new Map(all.map(([name, list]) => [name, spreadOf(list.map((run) => run.residentBytes)).median]));
}

function libzmqOf(results: readonly CaseRuns[]): string {
  return results[0]?.reference[0]?.libzmq ?? "unknown";
}

/** All that was measured; what was not chosen is empty. */
interface Results {
  readonly cases: readonly CaseRuns[];
  readonly starts: readonly StartRow[];
  readonly experiments: readonly ExperimentRuns[];
  readonly redelivery: ReadonlyMap<string, Redelivery>;
}

async function saveResults({ cases, starts, experiments, redelivery }: Results, pinning: Pinning): Promise<void> {
  const report = {
    time: new Date().toISOString(),
    deno: Deno.version.deno,
    libzmq: cases.length > 0 ? libzmqOf(cases) : experiments[0]?.runs.get("c")?.totals.libzmq,
    pinning,
    workers: WORKERS,
    bodyBytes: BODY_BYTES,
    cases: cases.map(({ case: { name, outstanding, oneCore, goals }, reference, others }) => ({
      name,
      outstanding,
      oneCore,
      comparisons: Object.fromEntries([...others].map(([queue, runs]) => [queue, compare(reference, runs, goals)])),
      runs: { c: reference, ...Object.fromEntries(others) },
    })),
    starts,
    overload: experiments.map(({ experiment, runs }) => ({
      name: experiment.name,
      load: experiment.load,
      figures: experimentFigures({ experiment, runs }),
      runs: Object.fromEntries(runs),
    })),
    redelivery: Object.fromEntries(redelivery),
  };
  await Deno.mkdir(RESULTS, { recursive: true });
  await Deno.writeTextFile(`${RESULTS}/latest.json`, `${JSON.stringify(report, null, 2)}\n`);
}

async function run(options: Options): Promise<number> {
  if (Deno.build.os !== "linux") throw new BenchError("Cannot pin processes to cores on this system: use Linux");
  const programs = await build();
  const usual = options.short ? SHORT : FULL;
  const amount = { ...usual, pairs: options.pairs ?? usual.pairs, requests: options.requests ?? usual.requests };
  const queues = await queuesOf(programs, options);
  const cores = `${options.cores.queueCore},${options.cores.loadCore}`;

  const cases = await runCases(queues, programs, amount, options);
  const starts = cases.length > 0 ? await runStarts(queues, cases, amount, cores) : [];
  const experiments = await runExperiments(queues, programs.overload, options, cores);
  const redelivery = options.only.includes(REDELIVERY)
    ? await runRedelivery(queues, programs.redelivery, amount.kills, cores)
    : new Map<string, Redelivery>();
  await saveResults({ cases, starts, experiments, redelivery }, options.cores);
  return 0;
}

if (import.meta.main) await runProgram(BENCH_PROGRAM, run);
