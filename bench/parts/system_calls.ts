/**
 * Counts the system calls that a queue makes for a request, by strace. It makes them slower, so loads where a slower queue
 * finds more to do at a time have fewer calls here than without it.
 *
 * @module
 */

import { Program } from "../../tests/harness/program.ts";
import type { Sample } from "../report/results.ts";
import { tryCommand } from "../run/build.ts";
import { coresOf } from "../run/cores.ts";
import { BenchError } from "../run/error.ts";
import { type Generator, measure } from "../run/load.ts";
import { type RunningQueue, startQueue } from "../run/queue_process.ts";
import { CASES } from "./cases.ts";
import { comparedQueues, type Part } from "./part.ts";

/** One request at a time, many clients, and few busy connections. */
const CHOSEN = ["32B-1", "32B-64", "pipelined"];
/** How many times as long it takes as other parts, so that what connections take at first does not show. */
const LENGTH = 10;
/** A call that is made less often for a request is left out. */
const LEAST = 0.1;
/** A line of the table: how often, and which call. */
const COUNT = /^ *(\d+) +([a-z]\w*)$/gm;

/** Reads strace's table with the columns `calls,name`; returns how often each call was made, and all of them together. */
export function parseCounts(table: string): ReadonlyMap<string, number> {
  return new Map(
    [...table.matchAll(COUNT)].map(([, count, name]) => [name === "total" ? "all" : name!, Number(count)]),
  );
}

/** Why nothing can be counted, where that is so. */
export async function straceMissing(): Promise<string | undefined> {
  return await tryCommand("strace", ["--version"]) === undefined ? "strace was not found: install it" : undefined;
}

/**
 * Counts system calls while a load runs.
 *
 * @param name The case whose load it is.
 * @returns How often each call was made for a request, by its name; under `all` the sum.
 * @throws {BenchError} When strace counts nothing.
 */
export async function countCalls(
  queue: RunningQueue,
  generator: Generator,
  name: string,
  measureMs: number,
): Promise<ReadonlyMap<string, number>> {
  await using strace = new Program("strace", {
    args: ["-f", "-c", "-S", "calls", "-U", "calls,name", "-p", `${queue.pid}`],
  });
  await strace.text("stderr", /attached/);
  // Everything that is counted has to be known: each client's first request, too.
  const { requestsPerSecond } = await measure(queue, generator, CASES[name]!, { warmup: 0, measure: measureMs });
  strace.kill("SIGINT");
  const { stderr } = await strace.exit;
  if (parseCounts(stderr).size === 0) {
    throw new BenchError("strace counted nothing: may it look at other processes?");
  }
  const requests = requestsPerSecond * measureMs / 1000 + CASES[name]!.clients;
  return new Map([...parseCounts(stderr)].map(([call, count]) => [call, count / requests]));
}

/** The system calls of the C queue and of ours. */
export const systemCalls: Part = {
  title: "System calls",
  cases: { "system-calls": "Which system calls a request takes, counted by strace; queue and load on one core" },
  async run(_, { queues, programs, cores, measureMs }) {
    const missing = await straceMissing();
    if (missing !== undefined) return { samples: [], leftOut: [{ name: "system-calls", reason: missing }] };
    const samples: Sample[] = [];
    const generator = { program: programs.load, cores: coresOf("together", cores).load };
    for (const name of CHOSEN) {
      for (const queue of comparedQueues(queues)) {
        await using running = await startQueue(queue, generator.cores);
        const calls = await countCalls(running, generator, name, LENGTH * measureMs);
        for (const [call, count] of calls) {
          if (count < LEAST) continue;
          samples.push({
            subject: "system-calls",
            of: name,
            labels: { queue: queue.name, call },
            figures: { "a request": [count] },
          });
        }
      }
    }
    return { samples };
  },
};
