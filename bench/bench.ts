/**
 * Compares the queue with the Guide's queue in C, in interleaved pairs of runs, and prints ratios: `deno task bench`.
 *
 * Needs Linux with taskset, gcc and libzmq3-dev. Permissions: `--allow-read`, `--allow-write=bench`,
 * `--allow-run=gcc,taskset,cat`.
 *
 * @module
 */

import { build, SetupError } from "./build.ts";
import { BODY_BYTES, type Case, WORKERS } from "./cases.ts";
import { measure, type Measurement, measureStart } from "./measure.ts";
import { HELP, type Options, parseOptions, UsageError } from "./options.ts";
import { print } from "./print.ts";
import type { QueueProgram } from "./queue_process.ts";
import { type CaseRuns, compare, printCase, printStarts, type StartRow } from "./report.ts";
import { spreadOf } from "./statistics.ts";

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
  options: Options,
): Promise<CaseRuns> {
  const requests = options.requests ?? chosen.requests;
  const load = {
    program: queues.load,
    workers: WORKERS,
    outstanding: chosen.outstanding,
    bodyBytes: BODY_BYTES,
    requests,
    warmup: Math.ceil(requests / 3),
  };
  const { queueCore, loadCore } = options.pinning;
  const pinning = { queueCore, loadCore: chosen.oneCore ? queueCore : loadCore };
  const reference: Measurement[] = [];
  const others = new Map(queues.others.map(({ name }): [string, Measurement[]] => [name, []]));
  for (let pair = 0; pair < options.pairs; pair++) {
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

async function saveResults(results: readonly CaseRuns[], starts: readonly StartRow[], options: Options): Promise<void> {
  const report = {
    time: new Date().toISOString(),
    deno: Deno.version.deno,
    libzmq: results[0]?.reference[0]?.libzmq,
    pinning: options.pinning,
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

async function run(options: Options): Promise<void> {
  if (Deno.build.os !== "linux") throw new SetupError("Cannot pin processes to cores on this system: use Linux");
  const programs = await build();
  const reference: QueueProgram = { name: "c", command: programs.cQueue, args: [ENDPOINT, ENDPOINT] };
  const ours = options.control ? { ...reference, name: "c again" } : sourceQueue();
  const binary = options.queueBinary === undefined ? [] : [binaryQueue(options.queueBinary)];
  const queues = { reference, others: [ours, ...binary], load: programs.load };

  const results: CaseRuns[] = [];
  for (const chosen of options.cases) {
    const runs = await runCase(chosen, queues, options);
    if (results.push(runs) === 1) {
      print(
        `Deno ${Deno.version.deno}, C queue and load on libzmq ${runs.reference[0]?.libzmq}, ${options.pairs} pairs`,
      );
    }
    printCase(runs, options.pinning);
  }

  const started = [reference, ...queues.others];
  const dist = `${BENCH}/../dist/spqueue`;
  if (binary.length === 0 && await exists(dist)) started.push(binaryQueue(dist));
  const cores = `${options.pinning.queueCore},${options.pinning.loadCore}`;
  const starts: StartRow[] = [];
  for (const queue of started) {
    starts.push({ queue: queue.name, ...await measureStart(queue, cores, options.starts) });
  }
  printStarts(starts, residentAfterLoad(reference.name, results[0]));
  await saveResults(results, starts, options);
}

/**
 * Runs the command line.
 *
 * @param args The arguments, as in `Deno.args`.
 * @returns The exit code: 0 when everything was measured, whatever the ratios; 1 when something failed; 2 for a wrong
 * command line.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) print(HELP);
    else await run(options);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    print(error.message, Deno.stderr);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
