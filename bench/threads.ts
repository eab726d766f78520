/**
 * Measures what each thread of a queue does for a request: its processor time, and how often it gives the processor to
 * another.
 *
 * @module
 */

import { delay } from "../lib/delay.ts";
import { type Case, CASES } from "./cases.ts";
import { BenchError } from "./error.ts";
import { type LoadSetup, measureRunning } from "./measure.ts";
import { pinningOf } from "./place.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import { figureText, print, printTable } from "./table.ts";

/** What `--only` names. */
export const THREADS = "threads";

/** One request at a time, many, few busy connections, larger bodies, and many peers. */
const CHOSEN: readonly string[] = ["32B-1", "32B-64", "pipelined", "4KiB-64", "1MiB-64", "clients-10000"];
/** How long the load counts. */
const MEASURE_MS = 1000;
/** How often the threads are looked at: seldom enough to cost nothing, and several times while the load counts. */
const INTERVAL_MS = 200;
/** A thread that takes less, in us a request, is left out. */
const LEAST_US = 0.05;

/** What the threads of one name do for a request. */
export interface ThreadRow {
  readonly case: string;
  readonly queue: string;
  /** As Linux has it. */
  readonly thread: string;
  readonly cpuUs: number;
  /** How often another thread takes over, since this one waits or has to. */
  readonly switches: number;
}

/** What a thread has done since its start. */
export interface ThreadTimes {
  readonly name: string;
  readonly cpuUs: number;
  readonly switches: number;
}

/** Writes for each thread its directory, its name, its times and its switches. */
const READ_THREADS =
  'for t in /proc/"$0"/task/*; do echo "thread $t"; cat $t/comm $t/schedstat; grep ctxt $t/status; done';

/**
 * Reads what is known of a process's threads.
 *
 * @param text For each thread a line `thread DIRECTORY`, and then `comm`, `schedstat` and the switches of `status`.
 * @returns By the thread's directory; threads that ended meanwhile are left out.
 */
export function parseThreads(text: string): ReadonlyMap<string, ThreadTimes> {
  const blocks = text.split(/^thread /m).slice(1).map((block) => block.trimEnd().split("\n"));
  return new Map(blocks.flatMap(([directory, name, times, ...switches]) => {
    if (directory === undefined || name === undefined || times === undefined || switches.length !== 2) return [];
    const counts = switches.map((line) => Number(line.split("\t")[1]));
    // The time on a processor comes first, in nanoseconds.
    return [[directory, {
      name,
      cpuUs: Number(times.split(" ")[0]) / 1000,
      switches: counts.reduce((sum, count) => sum + count),
    }]];
  }));
}

async function readThreads(pid: number): Promise<ReadonlyMap<string, ThreadTimes>> {
  // Deno itself reads /proc only with all permissions.
  const { stdout } = await new Deno.Command("sh", { args: ["-c", READ_THREADS, `${pid}`], stderr: "null" }).output();
  return parseThreads(new TextDecoder().decode(stdout));
}

/** How a load is put on a queue; for how long is decided here. */
type ThreadSetup = Omit<LoadSetup, "measureMs">;

/** What the threads had done at a time. */
interface Look {
  readonly atMs: number;
  readonly threads: ReadonlyMap<string, ThreadTimes>;
}

/** Looks at the threads until a promise is settled. */
async function lookUntil(settled: Promise<unknown>, pid: number): Promise<Look[]> {
  let isOver = false;
  const over = () => void (isOver = true);
  settled.then(over, over);
  const looks: Look[] = [];
  while (!isOver) {
    looks.push({ threads: await readThreads(pid), atMs: performance.now() });
    await delay(INTERVAL_MS);
  }
  return looks;
}

/** What each name's threads did between two looks. */
function sumsBetween(before: Look, after: Look): ReadonlyMap<string, Omit<ThreadTimes, "name">> {
  const sums = new Map<string, { cpuUs: number; switches: number }>();
  for (const [directory, { name, cpuUs, switches }] of after.threads) {
    const old = before.threads.get(directory);
    const sum = sums.get(name) ?? { cpuUs: 0, switches: 0 };
    sum.cpuUs += cpuUs - (old?.cpuUs ?? 0);
    sum.switches += switches - (old?.switches ?? 0);
    sums.set(name, sum);
  }
  return sums;
}

async function measureThreads(queue: QueueProgram, chosen: Case, setup: ThreadSetup): Promise<ThreadRow[]> {
  await using running = await QueueProcess.start(queue, setup.pinning.queueCores);
  const pinning = pinningOf("together", setup.pinning);
  const together = { ...setup, pinning, measureMs: MEASURE_MS };
  const startMs = performance.now();
  const measuring = measureRunning(running, { name: queue.name, load: chosen, setup: together });
  const [{ connectSeconds, requestsPerSecond }, looks] = await Promise.all([
    measuring,
    lookUntil(measuring, running.pid),
  ]);
  const fromMs = startMs + connectSeconds * 1000 + setup.warmupMs;
  const counted = looks.filter(({ atMs }) => atMs >= fromMs && atMs <= fromMs + MEASURE_MS);
  const [before, after] = [counted[0], counted.at(-1)];
  if (before === undefined || after === undefined || before === after || after.threads.size === 0) {
    throw new BenchError(
      `Cannot look at the threads of the queue ${queue.name} in the ${MEASURE_MS} ms that count`,
    );
  }
  const requests = requestsPerSecond * (after.atMs - before.atMs) / 1000;
  const rows = [...sumsBetween(before, after)].map(([thread, { cpuUs, switches }]): ThreadRow => ({
    case: chosen.name,
    queue: queue.name,
    thread,
    cpuUs: cpuUs / requests,
    switches: switches / requests,
  }));
  return rows.filter(({ cpuUs }) => cpuUs >= LEAST_US).sort((a, b) => b.cpuUs - a.cpuUs);
}

/**
 * Looks at the threads of each queue under some of the loads that share the queue's core.
 *
 * @param queues The queues.
 * @param setup How.
 * @returns A row for each name of threads that do something.
 * @throws {BenchError} When a queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function runThreads(queues: readonly QueueProgram[], setup: ThreadSetup): Promise<ThreadRow[]> {
  const rows: ThreadRow[] = [];
  for (const chosen of CASES.filter(({ name }) => CHOSEN.includes(name))) {
    for (const queue of queues) rows.push(...await measureThreads(queue, chosen, setup));
  }
  return rows;
}

/**
 * Writes the rows into cells.
 *
 * @param rows What was measured.
 * @returns A table, the heading first.
 */
export function threadTable(rows: readonly ThreadRow[]): string[][] {
  return [
    ["", "queue", "thread", "CPU, us a request", "switches a request"],
    ...rows.map((row) => [row.case, row.queue, row.thread, figureText(row.cpuUs), row.switches.toFixed(2)]),
  ];
}

/**
 * Prints what the threads do.
 *
 * @param rows What was measured.
 */
export function printThreads(rows: readonly ThreadRow[]): void {
  print("");
  print(`${THREADS}: what each does for a request; queue and load on one core`);
  printTable(threadTable(rows));
}
