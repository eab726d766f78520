/**
 * Measures what each thread of a queue does for a request: its CPU time, and how often it gives its core to another.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import type { Sample } from "../report/results.ts";
import { tryCommand } from "../run/build.ts";
import { coresOf } from "../run/cores.ts";
import { BenchError } from "../run/error.ts";
import { measure } from "../run/load.ts";
import { type QueueProgram, startQueue } from "../run/queue_process.ts";
import { CASES } from "./cases.ts";
import { type Bench, comparedQueues, type Part } from "./part.ts";

/** One request at a time, many, few busy connections, larger bodies, and many peers. */
const CHOSEN = ["32B-1", "32B-64", "4KiB-64", "1MiB-64", "pipelined", "clients-10000"];
/** How long the load counts. */
const MEASURE_MS = 1000;
/** How often the threads are looked at: seldom enough to cost nothing, and several times while the load counts. */
const INTERVAL_MS = 200;
/** A thread that takes less time for a request is left out. */
const LEAST_US = 0.05;

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
    const [voluntary = 0, forced = 0] = switches.map((line) => Number(line.split("\t")[1]));
    // The time on a processor comes first, in nanoseconds.
    return [[directory, { name, cpuUs: Number(times.split(" ")[0]) / 1000, switches: voluntary + forced }]];
  }));
}

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
    // Deno itself may read /proc only with --allow-all. A thread that ends meanwhile makes the command fail.
    const outcome = await tryCommand("sh", ["-c", READ_THREADS, `${pid}`]);
    looks.push({ threads: parseThreads(outcome?.stdout ?? ""), atMs: performance.now() });
    await delay(INTERVAL_MS);
  }
  return looks;
}

/** What the threads of each name did between two looks. */
function sumsBetween(before: Look, after: Look): ReadonlyMap<string, { cpuUs: number; switches: number }> {
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

async function measureThreads(queue: QueueProgram, name: string, bench: Bench): Promise<Sample[]> {
  const cores = coresOf("together", bench.cores);
  await using running = await startQueue(queue, cores.queue);
  const startMs = performance.now();
  const generator = { program: bench.programs.load, cores: cores.load };
  const measuring = measure(running, generator, CASES[name]!, { warmup: bench.warmupMs, measure: MEASURE_MS });
  const [{ connectSeconds, requestsPerSecond }, looks] = await Promise.all([
    measuring,
    lookUntil(measuring, running.pid),
  ]);
  const fromMs = startMs + connectSeconds * 1000 + bench.warmupMs;
  const counted = looks.filter(({ atMs }) => atMs >= fromMs && atMs <= fromMs + MEASURE_MS);
  const [before, after] = [counted[0], counted.at(-1)];
  if (before === undefined || after === undefined || before === after || after.threads.size === 0) {
    throw new BenchError(`Cannot look at the threads of ${queue.name} in the ${MEASURE_MS} ms that count`);
  }
  const requests = requestsPerSecond * (after.atMs - before.atMs) / 1000;
  return [...sumsBetween(before, after)]
    .filter(([, { cpuUs }]) => cpuUs / requests >= LEAST_US)
    .sort(([, a], [, b]) => b.cpuUs - a.cpuUs)
    .map(([thread, { cpuUs, switches }]) => ({
      subject: "threads",
      of: name,
      labels: { queue: queue.name, thread },
      figures: { "CPU, us a request": [cpuUs / requests], "switches a request": [switches / requests] },
    }));
}

/** The threads of the C queue and of ours, under some of the loads that share the queue's core. */
export const threads: Part = {
  title: "Threads",
  cases: { threads: "What each thread does for a request; queue and load on one core" },
  async run(_, bench) {
    const samples: Sample[] = [];
    for (const name of CHOSEN) {
      for (const queue of comparedQueues(bench.queues)) samples.push(...await measureThreads(queue, name, bench));
    }
    return { samples };
  },
};
