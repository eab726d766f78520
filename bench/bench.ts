/**
 * Compares the queue with what else a user would take, in interleaved runs: `deno task bench`.
 *
 * Needs Linux with taskset, prlimit, gcc and libzmq3-dev. Permissions: `--allow-read`, `--allow-write=bench`,
 * `--allow-net=127.0.0.1`, `--allow-env`, and `--allow-run` for all that it compares.
 *
 * @module
 */

import { type OptionValues, UsageError } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { writeAll } from "../lib/log.ts";
import { build, type Programs } from "./build.ts";
import { type Case, CASES } from "./cases.ts";
import { DEPARTURES, printDepartures, runDepartures } from "./departures.ts";
import { GARBAGE_COLLECTION, printGarbageCollection, runGarbageCollection } from "./garbage_collection.ts";
import { type CaseRuns, figuresOf, goalsOfCases, ratioOf } from "./goals.ts";
import { IDLE_CLIENTS, printIdleClients, runIdleClients } from "./idle_clients.ts";
import { readLatest, writeLatest } from "./latest.ts";
import { thisMachine } from "./machine.ts";
import type { LoadSetup } from "./measure.ts";
import { type Amount, BENCH_PROGRAM, FULL, SHORT } from "./options.ts";
import { type Experiment, EXPERIMENTS } from "./overload_experiments.ts";
import { measureOverload, type OverloadRun } from "./overload_measure.ts";
import { experimentFigures, experimentGoals, type ExperimentRuns, printExperiment } from "./overload_report.ts";
import { NOTHING, type PartResult } from "./part.ts";
import { PEER_COSTS, printPeerCosts, runPeerCosts } from "./peer_costs.ts";
import { pinningOf } from "./place.ts";
import type { QueueProgram } from "./queue_process.ts";
import { C_QUEUE, findQueues, inFixedOrder, OUR_QUEUE, OURS, OVERLOADED } from "./queues.ts";
import { measureRedelivery, printRedelivery, REDELIVERY, type Redelivery } from "./redelivery.ts";
import { printCase, printGoals, printHeading, printLeftOut } from "./report.ts";
import { type CaseResult, checkPlausible, type OverloadResult, type Results, RESULTS_FORMAT } from "./results.ts";
import { runRounds } from "./rounds.ts";
import { printStarts, runStarts, STARTS } from "./starts.ts";
import { printThreads, runThreads, THREADS } from "./threads.ts";
import { updateResults } from "./update.ts";

type Options = OptionValues<typeof BENCH_PROGRAM.options>;

/** All that the parts of the benchmark need. */
interface Bench {
  readonly options: Options;
  readonly amount: Amount;
  readonly programs: Programs;
  readonly queues: readonly QueueProgram[];
  readonly load: LoadSetup;
}

function progress(text: string): void {
  writeAll(Deno.stderr, `bench: ${text}\n`);
}

function ours({ queues }: Bench): QueueProgram[] {
  return queues.filter(({ name }) => OURS.includes(name));
}

/** The C queue, and ours. */
function compared(bench: Bench): QueueProgram[] {
  return [...bench.queues.filter(({ name }) => name === C_QUEUE), ...ours(bench)];
}

function caseResult({ case: chosen, runs }: CaseRuns): CaseResult {
  const reference = runs.get(C_QUEUE);
  const ratios = [...runs].map(([queue, list]) => [queue, ratioOf("queueCpuUs", list, reference)] as const);
  return {
    case: chosen,
    figures: Object.fromEntries([...runs].map(([queue, list]) => [queue, figuresOf(list)])),
    cpuRatios: Object.fromEntries(ratios.flatMap(([queue, ratio]) => ratio === undefined ? [] : [[queue, ratio]])),
    runs: Object.fromEntries(runs),
  };
}

/** On other cores nothing else happens than together, and a large backlog takes seconds to fill. */
function isLong({ place, outstanding }: Case): boolean {
  return place !== "together" || outstanding > 10_000;
}

async function runCases({ options, amount, queues, load }: Bench): Promise<PartResult<CaseResult>> {
  const wanted = CASES.filter((chosen) => options.only.includes(chosen.name) && !(options.short && isLong(chosen)));
  const { cases, leftOut } = await runRounds(queues, wanted, { ...load, rounds: amount.rounds, onProgress: progress });
  return { rows: cases.map(caseResult), goals: goalsOfCases(cases), leftOut };
}

/** Runs a part if it is wanted, and prints it. */
async function runPart<Row>(
  { options }: Bench,
  name: string,
  { run, print }: { readonly run: () => Promise<PartResult<Row>>; readonly print: (rows: readonly Row[]) => void },
): Promise<PartResult<Row>> {
  if (!options.only.includes(name)) return NOTHING;
  progress(name);
  const result = await run();
  print(result.rows);
  return result;
}

/** The queues of an experiment: the C queue, ours, ours without its order for overload, and others. */
function overloaded({ queues, options }: Bench, { hasOthers }: Experiment): QueueProgram[] {
  const named = (names: readonly string[]) => queues.filter(({ name }) => names.includes(name));
  const usual = named([OUR_QUEUE]);
  if (options.short) return usual;
  return [...named([C_QUEUE]), ...usual, ...usual.map(inFixedOrder), ...(hasOthers ? named(OVERLOADED) : [])];
}

async function runExperiments(bench: Bench, cores: string): Promise<PartResult<OverloadResult>> {
  const { options, programs: { overload: program } } = bench;
  const results: ExperimentRuns[] = [];
  for (const experiment of EXPERIMENTS.filter(({ name }) => options.only.includes(name))) {
    progress(experiment.name);
    const load = { ...experiment.load, ...(options.short ? experiment.short : {}) };
    const runs = new Map<string, OverloadRun>();
    for (const queue of overloaded(bench, experiment)) {
      runs.set(queue.name, await measureOverload(queue, { program, load, cores }));
    }
    results.push({ experiment, runs });
    printExperiment({ experiment, runs });
  }
  const rows = results.map(({ experiment, runs }) => ({
    name: experiment.name,
    summary: experiment.summary,
    load: experiment.load,
    figures: experimentFigures({ experiment, runs }),
    runs: Object.fromEntries(runs),
  }));
  return { rows, goals: results.flatMap(experimentGoals), leftOut: [] };
}

async function runRedelivery(bench: Bench, cores: string): Promise<Record<string, Redelivery>> {
  if (!bench.options.only.includes(REDELIVERY)) return {};
  progress(REDELIVERY);
  const { programs: { redelivery: program }, amount: { kills } } = bench;
  const results = new Map<string, Redelivery>();
  for (const queue of compared(bench)) {
    results.set(queue.name, await measureRedelivery(queue, { program, kills, cores }));
  }
  printRedelivery(results);
  return Object.fromEntries(results);
}

/** The C queue beside itself. */
function withItself(queues: readonly QueueProgram[]): QueueProgram[] {
  return queues.filter(({ name }) => name === C_QUEUE).flatMap((queue) => [queue, { ...queue, name: "c again" }]);
}

function amountOf(options: Options): Amount {
  const amount = options.short ? SHORT : FULL;
  return { ...amount, rounds: options.rounds ?? amount.rounds };
}

async function run(options: Options): Promise<number> {
  if (options.update && options.short) {
    throw new UsageError("Cannot update results with --short, whose figures mean nothing: leave one of both away");
  }
  // Who has none should hear of it before an hour is over.
  const old = options.update ? await readLatest() : undefined;
  const amount = amountOf(options);
  const { cores: pinning } = options;
  const programs = await build();
  const found = await findQueues(programs, { names: options.queue, binary: options.queueBinary });
  const load = { program: programs.load, pinning, warmupMs: amount.warmupMs, measureMs: amount.measureMs };
  const queues = options.control ? withItself(found.programs) : found.programs;
  const bench: Bench = { options, amount, programs, queues, load };
  const { queueCores: both } = pinningOf("unpinned", pinning);
  const about = {
    time: new Date().toISOString(),
    machine: await thisMachine(),
    versions: found.versions,
    setup: {
      pinning,
      rounds: amount.rounds,
      warmupMs: amount.warmupMs,
      measureMs: amount.measureMs,
      isShort: options.short,
    },
  };
  printHeading(about);
  printLeftOut(found.leftOut);

  const cases = await runCases(bench);
  for (const result of cases.rows) printCase(result);
  const threads = await runPart(bench, THREADS, {
    run: async () => ({ ...NOTHING, rows: await runThreads(compared(bench), load) }),
    print: printThreads,
  });
  const starts = await runPart(bench, STARTS, {
    run: () => runStarts(bench.queues, { cores: both, times: amount.starts }),
    print: printStarts,
  });
  const idleClients = await runPart(bench, IDLE_CLIENTS, {
    run: () => runIdleClients(bench.queues, amount.idleClients, load),
    print: printIdleClients,
  });
  const departures = await runPart(bench, DEPARTURES, {
    run: () => runDepartures(ours(bench), amount.rounds, load),
    print: printDepartures,
  });
  const collections = await runPart(bench, GARBAGE_COLLECTION, {
    run: () => runGarbageCollection({ ...load, warmupMs: 0, measureMs: amount.collectionSeconds * 1000 }),
    print: printGarbageCollection,
  });
  const peerCosts = await runPart(bench, PEER_COSTS, {
    run: () => runPeerCosts({ pinning, amount: amount.peerCosts }),
    print: printPeerCosts,
  });
  const overload = await runExperiments(bench, both);
  const redelivery = await runRedelivery(bench, both);

  const parts = [cases, starts, idleClients, departures, collections, peerCosts, overload];
  const results: Results = {
    format: RESULTS_FORMAT,
    ...about,
    updates: [],
    leftOut: [...found.leftOut, ...parts.flatMap(({ leftOut }) => leftOut)],
    cases: cases.rows,
    threads: threads.rows,
    starts: starts.rows,
    idleClients: idleClients.rows,
    departures: departures.rows,
    collections: collections.rows,
    peerCosts: peerCosts.rows,
    overload: overload.rows,
    redelivery,
    goals: parts.flatMap(({ goals }) => goals),
  };
  printGoals(results.goals);
  printLeftOut(parts.flatMap(({ leftOut }) => leftOut));
  await writeLatest(old === undefined ? results : updateResults(old, results, options.only));
  checkPlausible(results);
  return 0;
}

if (import.meta.main) await runProgram(BENCH_PROGRAM, run);
