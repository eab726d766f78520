/**
 * Compares the queue with what else a user would take, in interleaved runs: `deno task bench`.
 *
 * Needs Linux with taskset, prlimit, gcc and libzmq3-dev. Permissions: `--allow-read`, `--allow-write=bench`,
 * `--allow-env`, `--allow-sys`, and `--allow-run` for all that it compares.
 *
 * @module
 */

import { UsageError } from "../lib/cli/program.ts";
import { runProgram } from "../lib/cli/run.ts";
import { printError } from "../lib/standard_error.ts";
import { PARTS } from "./parts/all.ts";
import type { Bench } from "./parts/part.ts";
import type { GoalResult } from "./report/goals.ts";
import {
  checkPlausible,
  readLatest,
  type Results,
  RESULTS_FORMAT,
  type Row,
  rowOf,
  writeLatest,
} from "./report/results.ts";
import { goalSummary, goalTable, print, printTable, rowTable } from "./report/table.ts";
import { updateResults } from "./report/update.ts";
import { build } from "./run/build.ts";
import { firstError } from "./run/error.ts";
import { machineText } from "./run/machine.ts";
import { BENCH_PROGRAM, type BenchOptions, FULL, SHORT } from "./run/options.ts";
import { descriptorLimit, type QueueProgram } from "./run/queue_process.ts";
import { C_QUEUE, findQueues, type LeftOut } from "./run/queues.ts";

/** The C queue beside itself. */
function withItself(queues: readonly QueueProgram[]): QueueProgram[] {
  return queues.filter(({ name }) => name === C_QUEUE).flatMap((queue) => [queue, { ...queue, name: "c again" }]);
}

function printLeftOut(leftOut: readonly LeftOut[]): void {
  for (const { name, subject, reason } of leftOut) {
    print(`left out: ${name}${subject === undefined ? "" : ` in ${subject}`}: ${reason}`);
  }
}

/** Runs all parts that are wanted, and prints what each measured. */
async function runParts(names: readonly string[], bench: Bench): Promise<Pick<Results, "rows" | "goals" | "leftOut">> {
  const rows: Row[] = [];
  const goals: GoalResult[] = [];
  const leftOut: LeftOut[] = [];
  const limit = await descriptorLimit();
  for (const { cases, run, table = rowTable, goals: judge, descriptors } of PARTS) {
    const wanted = Object.keys(cases).filter((name) => {
      const needed = descriptors?.(name) ?? 0;
      if (!names.includes(name) || needed <= limit) return names.includes(name);
      leftOut.push({ name, reason: `it needs ${needed} descriptors, but ulimit -Hn is ${limit}` });
      return false;
    });
    if (wanted.length === 0) continue;
    if (Object.keys(cases).length === 1) bench.progress(wanted.join());
    const result = await run(wanted, bench);
    const measured = result.samples.map(rowOf);
    for (const [name, text] of Object.entries(cases)) {
      const own = measured.filter(({ subject }) => subject === name);
      if (own.length > 0) printTable(`${name}: ${text}`, table(own));
    }
    rows.push(...measured);
    goals.push(...judge?.(result.samples) ?? []);
    leftOut.push(...result.leftOut ?? []);
  }
  return { rows, goals, leftOut };
}

async function main(options: BenchOptions): Promise<number> {
  const { cores, short: isShort } = options;
  if (options.update && isShort) {
    throw new UsageError("Cannot update results with --short, whose figures mean nothing: leave out one of the two");
  }
  // Read now, so that a missing file is known before an hour has passed.
  const old = options.update ? await readLatest() : undefined;
  const amount = isShort ? SHORT : FULL;
  const setup = { ...amount, rounds: options.rounds ?? amount.rounds, cores };
  const time = new Date().toISOString();
  const programs = await build();
  const found = await findQueues(programs, options.queue, options.queueBinary);
  const machine = machineText();
  print(machine);
  for (const [subject, version] of Object.entries(found.versions)) print(`${subject}: ${version}`);
  if (isShort) print("--short: these figures mean nothing");
  printLeftOut(found.leftOut);

  const { rows, goals, leftOut } = await runParts(options.only, {
    ...setup,
    isShort,
    programs,
    queues: options.control ? withItself(found.programs) : found.programs,
    progress: (text) => printError(`bench: ${text}\n`),
  });
  if (goals.length > 0) printTable(goalSummary(goals), goalTable(goals));
  printLeftOut(leftOut);
  const results: Results = {
    format: RESULTS_FORMAT,
    time,
    machine,
    versions: found.versions,
    setup,
    updates: [],
    leftOut: [...found.leftOut, ...leftOut],
    rows,
    goals,
  };
  // Figures that mean nothing must not replace those of an hour.
  if (!isShort) await writeLatest(old === undefined ? results : updateResults(old, results, options.only));
  checkPlausible(results);
  return 0;
}

if (import.meta.main) {
  await runProgram(BENCH_PROGRAM, (options) =>
    main(options).catch((error) => {
      throw firstError(error);
    }));
}
