/**
 * Measures all queues under the loads of `cases.ts`, in interleaved rounds.
 *
 * @module
 */

import { type GoalResult, judge, ratioOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { coresOf, PLACES } from "../run/cores.ts";
import { measure, type Measurement } from "../run/load.ts";
import { type QueueProgram, startQueue } from "../run/queue_process.ts";
import { C_QUEUE, type LeftOut, OURS, PIPELINING, PROXY, variantsOf } from "../run/queues.ts";
import { type Case, CASES, figuresOf, GROWTHS } from "./cases.ts";
import {
  type Bench,
  comparedQueues,
  inRounds,
  orLeaveOut,
  type Part,
  type PartResult,
  sampleOf,
  withRatios,
} from "./part.ts";

/** What a queue needs beside its connections. */
const OTHER_DESCRIPTORS = 100;
/** The case in which it is checked that the load generator is not what is measured. */
const GENERATOR_CASE = "pipelined";
/** How many times as fast as any queue that waits for free workers the generator has to drive zmq_proxy there. */
const GENERATOR_PACE = { atLeast: 1.3 };
/** What the generator may cost there beside any queue. */
const GENERATOR_COST = { atMost: 1 / 1.3 };

function bodyText(bytes: number): string {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 2 ** 10 ? `${bytes / 2 ** 10} KiB` : `${bytes} B`;
}

/** Describes a case, such as `4 KiB, 64 outstanding, 16 workers, 100 clients; queue and load on one core`. */
export function caseText({ bytes, outstanding, workers, clients, place }: Case): string {
  const [some, at, most] = [outstanding, workers, clients].map((count) => count.toLocaleString("en"));
  return `${bodyText(bytes)}, ${some} outstanding, ${at} workers, ${most} clients; queue and load ${PLACES[place]}`;
}

/** The queues of a case: all, or with variants only the C queue and ours. */
export function queuesOf(queues: readonly QueueProgram[], { variants }: Case): QueueProgram[] {
  if (variants === undefined) return [...queues];
  return [...comparedQueues(queues), ...variantsOf(queues, variants)];
}

/** Puts what was measured into samples, with the ratio to the C queue within each round. */
export function samplesOf(
  runs: readonly { readonly subject: string; readonly of: string; readonly measured: readonly Measurement[] }[],
): Sample[] {
  const samples = runs.map(({ subject, of, measured }) => sampleOf({ subject, of }, measured.map(figuresOf)));
  return withRatios(samples, ["CPU, us"], C_QUEUE);
}

async function run(names: readonly string[], bench: Bench): Promise<PartResult> {
  const leftOut: LeftOut[] = [];
  // Apart nothing happens that does not happen together, and a large backlog takes seconds to fill.
  const isLong = ({ place, outstanding }: Case) => place !== "together" || outstanding > 10_000;
  const wanted = Object.entries(CASES).filter(([name, chosen]) =>
    names.includes(name) && !(bench.isShort && isLong(chosen))
  );
  const runs = wanted.flatMap(([subject, chosen]) =>
    queuesOf(bench.queues, chosen).map((queue) => ({ subject, chosen, queue }))
  );
  const { rounds, warmupMs, measureMs, programs } = bench;
  const seen = await inRounds(rounds, runs, async ({ subject, chosen, queue }, round) => {
    if (queue.name === C_QUEUE) bench.progress(`round ${round} of ${rounds}, ${subject}`);
    const cores = coresOf(chosen.place, bench.cores);
    const measureQueue = async () => {
      await using running = await startQueue(queue, cores.queue);
      const generator = { program: programs.load, cores: cores.load };
      const warmup = warmupMs * (chosen.warmups ?? 1);
      return await measure(running, generator, chosen, { warmup, measure: measureMs });
    };
    // Ours and the C queue have to work; another one that fails is left out of the case.
    const isOurs = [C_QUEUE, ...OURS, ...Object.keys(chosen.variants ?? {})].includes(queue.name);
    return isOurs ? await measureQueue() : await orLeaveOut(leftOut, { name: queue.name, subject }, measureQueue);
  });
  const measured = [...seen].map(([{ subject, queue }, values]) => ({ subject, of: queue.name, measured: values }));
  return { samples: samplesOf(measured), leftOut };
}

/** Judges each case beside other queues. */
function caseGoals(samples: readonly Sample[]): GoalResult[] {
  return Object.entries(CASES).flatMap(([subject, { goals, variants = {} }]) =>
    [...OURS, ...Object.keys(variants)].flatMap((of) => {
      const own = goals.filter((goal) => goal.of === undefined ? OURS.includes(of) : goal.of === of);
      return own.flatMap(({ figure, against, goal }) => {
        const ratios = ratioOf(samples, { subject, of, figure }, { of: against });
        return judge({ subject, of, figure: `${figure} / ${against}` }, ratios, goal);
      });
    })
  );
}

/** Judges how much more a request costs in one case than in another. */
function growthGoals(samples: readonly Sample[]): GoalResult[] {
  return GROWTHS.flatMap(({ from, to, goal }) =>
    OURS.flatMap((of) => {
      const ratios = ratioOf(samples, { subject: to, of, figure: "CPU, us" }, { subject: from });
      return judge({ subject: `${to} / ${from}`, of, figure: "CPU, us" }, ratios, goal);
    })
  );
}

/**
 * Checks that the load generator is not what is measured: that it drives zmq_proxy faster than any queue that waits for
 * free workers, and costs less than any queue.
 */
function generatorGoals(samples: readonly Sample[]): GoalResult[] {
  const subject = GENERATOR_CASE;
  const about = { subject, of: "load generator" };
  const queues = samples.filter((sample) => sample.subject === subject && sample.of !== PROXY).map(({ of }) => of);
  const paces = queues.filter((queue) => !PIPELINING.includes(queue)).flatMap((queue) => {
    const ratios = ratioOf(samples, { subject, of: PROXY, figure: "requests/s" }, { of: queue });
    return judge({ ...about, figure: "requests/s of zmq_proxy / of the fastest queue" }, ratios, GENERATOR_PACE);
  });
  const costs = queues.flatMap((queue) => {
    const ratios = ratioOf(samples, { subject, of: queue, figure: "load CPU, us" }, { figure: "CPU, us" });
    return judge({ ...about, figure: "CPU of the load / of the cheapest queue" }, ratios, GENERATOR_COST);
  });
  // The worst of each counts.
  const median = ({ value }: GoalResult) => typeof value === "number" ? value : value.median;
  const byMedian = (a: GoalResult, b: GoalResult) => median(a) - median(b);
  return [...paces.toSorted(byMedian).slice(0, 1), ...costs.toSorted(byMedian).slice(-1)];
}

/** All queues under all loads. */
export const loads: Part = {
  title: "Loads",
  cases: Object.fromEntries(Object.entries(CASES).map(([name, chosen]) => [name, caseText(chosen)])),
  run,
  descriptors: (name) => CASES[name]!.clients + CASES[name]!.workers + OTHER_DESCRIPTORS,
  goals: (samples) => [...generatorGoals(samples), ...caseGoals(samples), ...growthGoals(samples)],
};
