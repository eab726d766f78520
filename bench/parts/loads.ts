/**
 * Measures all queues under the loads of `cases.ts`, in interleaved rounds.
 *
 * @module
 */

import { type GoalResult, judge, valuesOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { ratiosOf } from "../report/statistics.ts";
import { coresOf, PLACES } from "../run/cores.ts";
import { BenchError, firstError } from "../run/error.ts";
import { measure, type Measurement } from "../run/measure.ts";
import { descriptorLimit, type QueueProgram, startQueue } from "../run/queue_process.ts";
import { C_QUEUE, type LeftOut, OURS, PIPELINING, PROXY, variantsOf } from "../run/queues.ts";
import { type Case, CASES, FIGURES, GROWTHS } from "./cases.ts";
import { type Bench, comparedQueues, inRounds, type Part, type PartResult } from "./part.ts";

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
export function caseText({ bodyBytes, outstanding, workers, clients, place }: Case): string {
  const [some, at, most] = [outstanding, workers, clients].map((count) => count.toLocaleString("en"));
  return `${bodyText(bodyBytes)}, ${some} outstanding, ${at} workers, ${most} clients; queue and load ${PLACES[place]}`;
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
  const samples = runs.map(({ subject, of, measured }): Sample => ({
    subject,
    of,
    figures: Object.fromEntries(Object.entries(FIGURES).map(([name, take]) => [name, measured.map(take)])),
  }));
  return samples.map((sample) => {
    const [ours = [], theirs] = [sample.of, C_QUEUE].map((of) =>
      valuesOf(samples, { subject: sample.subject, of, figure: "CPU, us" })
    );
    return { ...sample, figures: { ...sample.figures, "CPU / c": ratiosOf(ours, theirs ?? []) } };
  });
}

async function run(names: readonly string[], bench: Bench): Promise<PartResult> {
  const leftOut: LeftOut[] = [];
  const limit = await descriptorLimit();
  const wanted = Object.entries(CASES).filter(([name, { clients, workers, place, outstanding }]) => {
    // Apart nothing happens that does not happen together, and a large backlog takes seconds to fill.
    if (!names.includes(name) || (bench.isShort && (place !== "together" || outstanding > 10_000))) return false;
    const needed = clients + workers + OTHER_DESCRIPTORS;
    if (needed <= limit) return true;
    leftOut.push({ name, reason: `it needs ${needed} descriptors, but ulimit -Hn is ${limit}` });
    return false;
  });
  const runs = wanted.flatMap(([subject, chosen]) =>
    queuesOf(bench.queues, chosen).map((queue) => ({ subject, chosen, queue }))
  );
  const { rounds, warmupMs, measureMs, programs } = bench;
  const seen = await inRounds(rounds, runs, async ({ subject, chosen, queue }, round) => {
    if (queue.name === C_QUEUE) bench.progress(`round ${round} of ${rounds}, ${subject}`);
    const cores = coresOf(chosen.place, bench.cores);
    try {
      await using running = await startQueue(queue, cores.queue);
      return await measure(running, chosen, { program: programs.load, cores: cores.load, warmupMs, measureMs });
    } catch (thrown) {
      const error = firstError(thrown);
      // Ours and the C queue have to work; another one that fails is left out of the case.
      const isOurs = [C_QUEUE, ...OURS, ...Object.keys(chosen.variants ?? {})].includes(queue.name);
      if (!(error instanceof BenchError) || isOurs) throw error;
      leftOut.push({ name: queue.name, subject, reason: error.message });
      return undefined;
    }
  });
  const measured = [...seen].map(([{ subject, queue }, values]) => ({ subject, of: queue.name, measured: values }));
  return { samples: samplesOf(measured), leftOut };
}

/** Judges each case beside other queues. */
function caseGoals(samples: readonly Sample[]): GoalResult[] {
  return Object.entries(CASES).flatMap(([subject, { goals, variants = {} }]) =>
    [...OURS, ...Object.keys(variants)].flatMap((of) =>
      goals.filter((goal) => goal.of === undefined ? OURS.includes(of) : goal.of === of).flatMap(
        ({ figure, against, goal }) => {
          const [values = [], references = []] = [of, against].map((of) => valuesOf(samples, { subject, of, figure }));
          return judge({ subject, of, figure: `${figure} / ${against}` }, ratiosOf(values, references), goal);
        },
      )
    )
  );
}

/** Judges how much more a request costs in one case than in another. */
function growthGoals(samples: readonly Sample[]): GoalResult[] {
  const figure = "CPU, us";
  return GROWTHS.flatMap(({ from, to, goal }) =>
    OURS.flatMap((of) => {
      const [values = [], references = []] = [to, from].map((subject) => valuesOf(samples, { subject, of, figure }));
      return judge({ subject: `${to} / ${from}`, of, figure }, ratiosOf(values, references), goal);
    })
  );
}

/**
 * Checks that the load generator is not what is measured: that it drives zmq_proxy faster than any queue that waits for
 * free workers, and costs less than any queue.
 */
function generatorGoals(samples: readonly Sample[]): GoalResult[] {
  const about = { subject: GENERATOR_CASE, of: "load generator" };
  const chosen = samples.filter(({ subject }) => subject === GENERATOR_CASE);
  const proxy = chosen.find(({ of }) => of === PROXY);
  if (proxy === undefined) return [];
  const values = (sample: Sample, figure: keyof typeof FIGURES) => sample.figures[figure] ?? [];
  const others = chosen.filter((sample) => sample !== proxy);
  const pace = "requests/s of zmq_proxy / of the fastest queue";
  const cost = "CPU of the load / of the cheapest queue";
  const paces = others.filter(({ of }) => !PIPELINING.includes(of)).flatMap((sample) =>
    judge(
      { ...about, figure: pace },
      ratiosOf(values(proxy, "requests/s"), values(sample, "requests/s")),
      GENERATOR_PACE,
    )
  );
  const costs = others.flatMap((sample) =>
    judge(
      { ...about, figure: cost },
      ratiosOf(values(sample, "load CPU, us"), values(sample, "CPU, us")),
      GENERATOR_COST,
    )
  );
  // The worst of each is the goal.
  const median = ({ value }: GoalResult) => typeof value === "number" ? value : value.median;
  const byMedian = (a: GoalResult, b: GoalResult) => median(a) - median(b);
  return [...paces.toSorted(byMedian).slice(0, 1), ...costs.toSorted(byMedian).slice(-1)];
}

/** All queues under all loads. */
export const loads: Part = {
  title: "Loads",
  cases: Object.fromEntries(Object.entries(CASES).map(([name, chosen]) => [name, caseText(chosen)])),
  run,
  goals: (samples) => [...generatorGoals(samples), ...caseGoals(samples), ...growthGoals(samples)],
};
