/**
 * What reaches clients in time when there is more to do than workers can do, or was for a while.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { type Goal, type GoalResult, judge, valuesOf } from "../report/goals.ts";
import type { Sample } from "../report/results.ts";
import { rowTable, transposed } from "../report/table.ts";
import { coresOf } from "../run/cores.ts";
import { type Generator, type LoadOptions, putLoad, readFields, readNumbers } from "../run/load.ts";
import { idleMiB, type QueueProgram, residentMiB, startQueue } from "../run/queue_process.ts";
import { C_QUEUE, OUR_QUEUE, variantsOf } from "../run/queues.ts";
import type { Bench, Part } from "./part.ts";

const COUNTS = ["answered", "gaveUp", "jobs", "stale", "wasted", "presentMs", "busyMs", "usefulMs"] as const;

/** An experiment as it went with one queue. */
export interface OverloadRun {
  /** What was counted in each second, as `load/overload.c` says. */
  readonly seconds: Readonly<Record<typeof COUNTS[number], readonly number[]>>;
  /** Of the requests' times, from the first send to the reply; the longest also of those without a reply at the end. */
  readonly p50Ms: number;
  readonly maxMs: number;
  /** From the workers' return, or the start, to the first reply; missing when there was none. */
  readonly firstReplyMs?: number;
  /** The queue's resident memory a second after the load, above that when it listened. */
  readonly memoryMiB: number;
  /** The longest request of a few patient clients a second after the load. */
  readonly patientMaxMs: number;
}

/** What is looked at in an experiment, and what it has to be for our queue with its usual order. */
interface OverloadFigure {
  /** Undefined when a run has no such figure. */
  readonly of: (run: OverloadRun) => number | undefined;
  readonly goal?: Goal;
}

type Figures = Readonly<Record<string, OverloadFigure>>;

/** An experiment. */
interface Experiment {
  readonly title: string;
  readonly load: LoadOptions;
  /** What is different with `--short`. */
  readonly short: LoadOptions;
  /** Whether NATS gets the load, too. */
  readonly hasNats: boolean;
  readonly figures: Figures;
}

/** The sum over the seconds from `first` on; by default without the first two, in which the load starts. */
function total({ seconds }: OverloadRun, name: typeof COUNTS[number], first?: number): number {
  const start = first ?? Math.min(2, seconds[name].length - 1);
  return seconds[name].slice(start).reduce((sum, value) => sum + value, 0);
}

/** The mean over the same seconds. */
function mean(run: OverloadRun, name: typeof COUNTS[number], first?: number): number {
  const { length } = run.seconds[name].slice(first ?? Math.min(2, run.seconds[name].length - 1));
  return total(run, name, first) / length;
}

/** The second in which the workers are back. */
function returnOf({ seconds: { presentMs } }: OverloadRun): number {
  return presentMs.findLastIndex((ms) => ms < 500) + 1;
}

const GOODPUT: Figures = {
  "replies in time, /s": { of: (run) => mean(run, "answered") },
  "workers' time that went into replies in time, part": {
    of: (run) => total(run, "usefulMs") / total(run, "presentMs"),
    goal: { atLeast: 0.95 },
  },
  "jobs that began after their client had left, part": {
    of: (run) => total(run, "stale") / total(run, "jobs"),
    goal: { atMost: 0.01 },
  },
  "jobs done for clients that had left, /s": { of: (run) => mean(run, "wasted") },
  // The way from a worker to the queue and back; what is more in all queues alike is the machine's.
  "worker's time between jobs, ms": {
    of: (run) => (total(run, "presentMs") - total(run, "busyMs")) / total(run, "jobs"),
  },
};

/** With a load that fits, hardly a client gives up once a queue has recovered. */
const RECOVERED: Figures = {
  "clients that gave up in the last 3 s, /s": {
    of: ({ seconds: { gaveUp } }) => gaveUp.slice(-3).reduce((sum, value) => sum + value, 0) / 3,
    goal: { atMost: 1 },
  },
};

const MEMORY = "resident memory above idle 1 s later, MiB";
const PATIENT: Figures = {
  "patient clients' longest request 1 s later, ms": { of: (run) => run.patientMaxMs, goal: { atMost: 300 } },
};
const AFTERWARDS: Figures = { ...PATIENT, [MEMORY]: { of: (run) => run.memoryMiB, goal: { atMost: 30 } } };

const PATIENCE: Figures = {
  "replies in time, /s": { of: (run) => mean(run, "answered") },
  "clients that gave up": { of: (run) => total(run, "gaveUp", 0), goal: { atMost: 0 } },
  "median request, ms": { of: (run) => run.p50Ms },
  // Eight clients share five workers: a request takes 8/5 jobs, two when the workers are in step.
  "longest request, ms": { of: (run) => run.maxMs, goal: { atMost: 600 } },
};

/** One worker of 20 ms: 50 requests a second. */
const WORKER: LoadOptions = { workers: 1, job: 20 };
/** More than it can do. */
const FLOOD: LoadOptions = { ...WORKER, clients: 100, timeouts: 250, spread: 250, seconds: 12 };
/** 33 requests a second. */
const FITTING: LoadOptions = { ...WORKER, clients: 100, timeouts: 250, think: 3000 };
const FEW: LoadOptions = { clients: 8, timeouts: 2500, spread: 320, workers: 5, job: 200, seconds: 12 };

/** Four clients and one worker: first in, first out each request takes four jobs, otherwise some take much longer. */
const AFTER_LOAD: LoadOptions = { seconds: 2, clients: 4, timeouts: 10_000, spread: 200, workers: 1, job: 50 };

/** All experiments, in the order in which they run. */
const EXPERIMENTS: Readonly<Record<string, Experiment>> = {
  overload: {
    title: "100 clients that wait 250 ms, one worker of 20 ms",
    load: FLOOD,
    short: { seconds: 2 },
    hasNats: true,
    figures: { ...GOODPUT, ...AFTERWARDS },
  },
  "overload-1000": {
    title: "1,000 clients that wait 2.5 s, one worker of 20 ms",
    load: { ...FLOOD, clients: 1000, timeouts: 2500, spread: 2500 },
    short: { seconds: 2 },
    hasNats: true,
    // What a thousand connections took, libzmq and glibc keep, in the C queue too.
    figures: { ...GOODPUT, ...PATIENT, [MEMORY]: { of: (run) => run.memoryMiB } },
  },
  "overload-mixed": {
    title: "100 clients that wait 250 ms, 1 s or 2.5 s, one worker of 20 ms",
    load: { ...FLOOD, timeouts: "250,1000,2500" },
    short: { seconds: 2 },
    hasNats: true,
    figures: { ...GOODPUT, ...AFTERWARDS },
  },
  outage: {
    title: "33 requests/s of clients that wait 250 ms, one worker of 20 ms that is gone for some seconds",
    load: { ...FITTING, spread: 3000, absent: "4-9", seconds: 20 },
    short: { seconds: 3, absent: "1-2" },
    hasNats: true,
    figures: {
      "first reply after the workers are back, ms": { of: (run) => run.firstReplyMs },
      "replies in time in the first second, /s": {
        of: (run) => run.seconds.answered[returnOf(run)],
        goal: { atLeast: 33 },
      },
      "replies in time from then on, /s": { of: (run) => mean(run, "answered", returnOf(run)), goal: { atLeast: 32 } },
      ...RECOVERED,
      ...AFTERWARDS,
    },
  },
  "start-together": {
    title: "33 requests/s of 100 clients that wait 250 ms and all start at once, one worker of 20 ms",
    load: { ...FITTING, seconds: 15 },
    short: { seconds: 2 },
    hasNats: false,
    figures: {
      "replies in time, /s": { of: (run) => mean(run, "answered"), goal: { atLeast: 31 } },
      ...RECOVERED,
      ...AFTERWARDS,
    },
  },
  patience: {
    title: "8 clients that wait 2.5 s, five workers of 200 ms",
    load: FEW,
    short: { seconds: 2 },
    hasNats: false,
    figures: PATIENCE,
  },
  "patience-killed": {
    title: "The same, and one of the clients is killed while its request waits",
    load: { ...FEW, seconds: 15, kill: 5 },
    short: { seconds: 2, kill: 1 },
    hasNats: false,
    figures: PATIENCE,
  },
};

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** Puts the experiment's load on a queue, and a second later that of a few patient clients. */
async function measureOverload(queue: QueueProgram, generator: Generator, load: LoadOptions): Promise<OverloadRun> {
  await using running = await startQueue(queue, generator.cores);
  const idle = await idleMiB(running);
  const printed = await putLoad(running, generator, load);
  await delay(1000);
  const memoryMiB = await residentMiB(running.pid) - idle;
  const patient = await putLoad(running, generator, AFTER_LOAD);
  const hasFirstReply = typeof printed === "object" && printed !== null && "firstReplyMs" in printed;
  return {
    seconds: readFields(printed, COUNTS, isNumbers),
    ...readNumbers(printed, ["p50Ms", "maxMs"]),
    ...(hasFirstReply ? readNumbers(printed, ["firstReplyMs"]) : {}),
    memoryMiB,
    patientMaxMs: readNumbers(patient, ["maxMs"]).maxMs,
  };
}

/** The C queue, ours, ours without its order for overload, and others. */
function queuesOf({ queues, isShort }: Bench, { hasNats }: Experiment): QueueProgram[] {
  const named = (...names: string[]) => queues.filter(({ name }) => names.includes(name));
  if (isShort) return named(OUR_QUEUE);
  const others = hasNats ? named("nats") : [];
  return [...named(C_QUEUE, OUR_QUEUE), ...variantsOf(queues, { "deno fifo": ["--order", "fifo"] }), ...others];
}

/** Takes the figures of an experiment from a run. */
export function overloadSample(subject: string, of: string, run: OverloadRun): Sample {
  const figures = Object.entries(EXPERIMENTS[subject]!.figures).map(([name, figure]) => {
    const value = figure.of(run);
    return [name, value === undefined ? [] : [value]] as const;
  });
  return { subject, of, figures: Object.fromEntries(figures), answeredBySecond: run.seconds.answered };
}

/** All experiments with each queue. */
export const overload: Part = {
  title: "Overload",
  cases: Object.fromEntries(Object.entries(EXPERIMENTS).map(([name, { title }]) => [name, title])),
  async run(names, bench) {
    const generator = { program: bench.programs.overload, cores: coresOf("unpinned", bench.cores).load };
    const samples: Sample[] = [];
    for (const [subject, experiment] of Object.entries(EXPERIMENTS)) {
      if (!names.includes(subject)) continue;
      bench.progress(subject);
      const load = { ...experiment.load, ...(bench.isShort ? experiment.short : {}) };
      for (const queue of queuesOf(bench, experiment)) {
        samples.push(overloadSample(subject, queue.name, await measureOverload(queue, generator, load)));
      }
    }
    return { samples };
  },
  table: (rows) => transposed(rowTable(rows)),
  goals: (samples) =>
    Object.entries(EXPERIMENTS).flatMap(([subject, { figures }]) =>
      Object.entries(figures).flatMap(([figure, { goal }]): GoalResult[] => {
        const about = { subject, of: OUR_QUEUE, figure };
        return goal === undefined ? [] : judge(about, valuesOf(samples, about), goal);
      })
    ),
};
