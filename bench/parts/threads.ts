/**
 * Measures what each thread of a queue does for a request: its CPU time, and how often it gives its core to another.
 *
 * @module
 */

import type { Sample } from "../report/results.ts";
import { coresOf } from "../run/cores.ts";
import { putLoad, readFields } from "../run/load.ts";
import { startQueue } from "../run/queue_process.ts";
import { CASES } from "./cases.ts";
import { comparedQueues, type Part } from "./part.ts";

/** One request at a time, many, few busy connections, larger bodies, and many peers. */
const CHOSEN = ["32B-1", "32B-64", "4KiB-64", "1MiB-64", "pipelined", "clients-10000"];
/** A thread that takes less time for a request is left out. */
const LEAST_US = 0.05;

/** What a thread does for a request. */
export interface ThreadUse {
  readonly name: string;
  readonly cpuUs: number;
  readonly switches: number;
}

/** Whether a value lists threads. */
export function isThreads(value: unknown): value is ThreadUse[] {
  return Array.isArray(value) && value.every((thread) => typeof thread === "object" && "cpuUs" in thread);
}

/** The CPU time of our relay. */
export function relayUs(threads: readonly ThreadUse[]): number {
  return threads.find(({ name }) => name === "worker-1")?.cpuUs ?? 0;
}

/** The CPU time of each of libzmq's I/O threads, the busiest first. */
export function ioThreadsUs(threads: readonly ThreadUse[]): number[] {
  return threads.filter(({ name }) => name.startsWith("ZMQbg/IO/")).map(({ cpuUs }) => cpuUs).sort((a, b) => b - a);
}

/** Sums up the threads of each name, the busiest first. */
export function threadSamples(load: string, queue: string, threads: readonly ThreadUse[]): Sample[] {
  const sums = [...Map.groupBy(threads, ({ name }) => name)].map(([thread, same]) => ({
    thread,
    cpuUs: same.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    switches: same.reduce((sum, { switches }) => sum + switches, 0),
  }));
  return sums.filter(({ cpuUs }) => cpuUs >= LEAST_US).sort((a, b) => b.cpuUs - a.cpuUs).map((sum) => ({
    subject: "threads",
    of: load,
    labels: { queue, thread: sum.thread },
    figures: { "CPU, us a request": [sum.cpuUs], "switches a request": [sum.switches] },
  }));
}

/** The threads of the C queue and of ours, under some of the loads that share the queue's core. */
export const threads: Part = {
  title: "Threads",
  cases: { threads: "What each thread does for a request; queue and load on one core" },
  async run(_, { queues, programs, cores, warmupMs, measureMs }) {
    const samples: Sample[] = [];
    const generator = { program: programs.load, cores: coresOf("together", cores).load };
    const times = { warmup: warmupMs, measure: measureMs, threads: 1 };
    for (const name of CHOSEN) {
      const { bytes, outstanding, workers, clients } = CASES[name]!;
      for (const queue of comparedQueues(queues)) {
        await using running = await startQueue(queue, generator.cores);
        const load = { process: running.pid, bytes, outstanding, workers, clients, ...times };
        const { threads } = readFields(await putLoad(running, generator, load), ["threads"], isThreads);
        samples.push(...threadSamples(name, queue.name, threads));
      }
    }
    return { samples };
  },
};
