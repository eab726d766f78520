/**
 * Compares the queue with the Guide's queue in C, in interleaved pairs of runs, and prints ratios: `deno task bench`.
 *
 * Needs Linux with taskset, gcc and libzmq3-dev. Permissions: `--allow-read`, `--allow-write=bench`,
 * `--allow-run=gcc,taskset,cat`.
 *
 * @module
 */

import { type OptionValues, runProgram } from "../lib/command_line.ts";
import { build } from "./build.ts";
import { BODY_BYTES, type Case, CASES, WORKERS } from "./cases.ts";
import { BenchError } from "./error.ts";
import { measure, type Measurement, measureStart, type Pinning } from "./measure.ts";
import { type Amount, BENCH_PROGRAM, FULL, SHORT } from "./options.ts";
import type { QueueProgram } from "./queue_process.ts";
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

/** The median resident memory of each queue after the load of the first case that ran. */
function residentAfterLoad(cName: string, runs: CaseRuns | undefined): Map<string, number> {
  const all: [string, readonly Measurement[]][] = runs === undefined ? [] : [[cName, runs.reference], ...runs.others];
  return new Map(all.map(([name, list]) => [name, spreadOf(list.map((run) => run.residentBytes)).median]));
}

function libzmqOf(results: readonly CaseRuns[]): string {
  return results[0]?.reference[0]?.libzmq ?? "unknown";
}

async function saveResults(results: readonly CaseRuns[], starts: readonly StartRow[], pinning: Pinning): Promise<void> {
  const report = {
    time: new Date().toISOString(),
    deno: Deno.version.deno,
    libzmq: libzmqOf(results),
    pinning,
    workers: WORKERS,
    bodyBytes: BODY_BYTES,
    cases: results.map(({ case: { name, outstanding, oneCore, goals }, reference, others }) => ({
      name,
      outstanding,
      oneCore,
      comparisons: Object.fromEntries([...others].map(([queue, runs]) => [queue, compare(reference, runs, goals)])),
      runs: { c: reference, ...Object.fromEntries(others) },
    })),
    starts,
  };
  await Deno.mkdir(RESULTS, { recursive: true });
  await Deno.writeTextFile(`${RESULTS}/latest.json`, `${JSON.stringify(report, null, 2)}\n`);
}

async function run(options: Options): Promise<number> {
  if (Deno.build.os !== "linux") throw new BenchError("Cannot pin processes to cores on this system: use Linux");
  const programs = await build();
  const usual = options.short ? SHORT : FULL;
  const amount = { ...usual, pairs: options.pairs ?? usual.pairs, requests: options.requests ?? usual.requests };
  const reference: QueueProgram = { name: "c", command: programs.cQueue, args: [ENDPOINT, ENDPOINT] };
  const ours = options.control ? { ...reference, name: "c again" } : sourceQueue();
  const binary = options["queue-binary"] === undefined ? [] : [binaryQueue(options["queue-binary"])];
  const queues = { reference, others: [ours, ...binary], load: programs.load };

  const results: CaseRuns[] = [];
  for (const chosen of CASES.filter(({ name }) => options.only.includes(name))) {
    const runs = await runCase(chosen, queues, amount, options.cores);
    if (results.push(runs) === 1) printHeading(libzmqOf(results), amount.pairs);
    printCase(runs, options.cores);
  }

  const started = [reference, ...queues.others];
  const dist = `${BENCH}/../dist/spqueue`;
  if (binary.length === 0 && await exists(dist)) started.push(binaryQueue(dist));
  const cores = `${options.cores.queueCore},${options.cores.loadCore}`;
  const starts: StartRow[] = [];
  for (const queue of started) {
    starts.push({ queue: queue.name, ...await measureStart(queue, cores, amount.starts) });
  }
  printStarts(starts, residentAfterLoad(reference.name, results[0]));
  await saveResults(results, starts, options.cores);
  return 0;
}

if (import.meta.main) await runProgram(BENCH_PROGRAM, run);
