/**
 * The overload experiments: their loads, what is looked at in each, and the goals.
 *
 * @module
 */

import type { Goal } from "./cases.ts";
import type { OverloadLoad, OverloadRun, Second } from "./overload_measure.ts";

/** What is looked at in an experiment. */
export interface OverloadFigure {
  /** Its name and unit in tables. */
  readonly label: string;
  /** Digits behind the decimal point in tables. */
  readonly digits: number;
  /** Takes it from a run; undefined when the run has none. */
  readonly of: (run: OverloadRun) => number | undefined;
  /** What it has to be for our queue with its usual order. */
  readonly goal?: Goal;
}

/** An experiment. */
export interface Experiment {
  /** What `--only` names. */
  readonly name: string;
  /** What happens in it, for tables. */
  readonly summary: string;
  /** The load. */
  readonly load: OverloadLoad;
  /** What is different with `--short`. */
  readonly short: OverloadLoad;
  /** Whether gearmand and NATS get the load too. */
  readonly hasOthers: boolean;
  /** What is looked at. */
  readonly figures: readonly OverloadFigure[];
}

const MEBIBYTE = 2 ** 20;

/** Without the first two seconds, in which the load starts. */
function steady({ seconds }: OverloadRun): readonly Second[] {
  return seconds.slice(Math.min(2, seconds.length - 1));
}

function total(seconds: readonly Second[], name: keyof Second): number {
  return seconds.reduce((sum, second) => sum + second[name], 0);
}

function perSecond(label: string, name: keyof Second, goal?: Goal): OverloadFigure {
  const of = (run: OverloadRun) => total(steady(run), name) / steady(run).length;
  return { label, digits: 1, of, ...(goal === undefined ? {} : { goal }) };
}

/** By seconds from the one in which the workers are back. */
function afterAbsence(run: OverloadRun): readonly Second[] {
  const lastAbsent = run.seconds.findLastIndex(({ presentMs }) => presentMs < 500);
  return run.seconds.slice(lastAbsent + 1);
}

/** With a load that fits, a queue that has recovered lets next to nobody wait in vain. */
const GAVE_UP_AT_THE_END: OverloadFigure = {
  label: "clients that gave up in the last 3 s, /s",
  digits: 1,
  of: (run) => total(run.seconds.slice(-3), "gaveUp") / 3,
  goal: { atMost: 1 },
};

const GOODPUT: OverloadFigure = {
  label: "workers' time that went into replies in time, part",
  digits: 3,
  of: (run) => total(steady(run), "usefulMs") / total(steady(run), "presentMs"),
  goal: { atLeast: 0.95 },
};

const STALE: OverloadFigure = {
  label: "jobs that began after their client had left, part",
  digits: 3,
  of: (run) => total(steady(run), "stale") / total(steady(run), "jobs"),
  goal: { atMost: 0.01 },
};

/** The way from a worker to the queue and back; what is more in all queues alike is the machine's. */
const BETWEEN_JOBS: OverloadFigure = {
  label: "worker's time between jobs, ms",
  digits: 2,
  of: (run) => (total(steady(run), "presentMs") - total(steady(run), "busyMs")) / total(steady(run), "jobs"),
};

const MEMORY: Omit<OverloadFigure, "goal"> = {
  label: "resident memory above idle 1 s later, MiB",
  digits: 1,
  of: (run) => (run.afterBytes - run.idleBytes) / MEBIBYTE,
};

const ORDER_AFTERWARDS: readonly OverloadFigure[] = [
  {
    label: "told that the order is back, after ms",
    digits: 0,
    of: (run) => run.orderBackMs,
  },
  {
    label: "patient clients' longest request 1 s later, ms",
    digits: 0,
    of: (run) => run.patientMaxMs,
    goal: { atMost: 300 },
  },
];

const AFTERWARDS: readonly OverloadFigure[] = [...ORDER_AFTERWARDS, { ...MEMORY, goal: { atMost: 30 } }];

const GOODPUT_FIGURES: readonly OverloadFigure[] = [
  perSecond("replies in time, /s", "answered"),
  GOODPUT,
  STALE,
  perSecond("jobs done for clients that had left, /s", "wasted"),
  BETWEEN_JOBS,
];

const PATIENCE_FIGURES: readonly OverloadFigure[] = [
  perSecond("replies in time, /s", "answered"),
  { label: "clients that gave up", digits: 0, of: (run) => total(run.seconds, "gaveUp"), goal: { atMost: 0 } },
  { label: "median request, ms", digits: 0, of: (run) => run.totals.p50Ms },
  // Eight clients share five workers: a request takes 8/5 jobs, two when the workers are in step.
  { label: "longest request, ms", digits: 0, of: (run) => run.totals.maxMs, goal: { atMost: 600 } },
];

/** One worker of 20 ms: 50 requests a second. */
const WORKER: OverloadLoad = { workers: 1, job: 20 };
/** 33 requests a second. */
const FITTING: OverloadLoad = { ...WORKER, clients: 100, timeouts: 250, think: 3000 };
const PATIENT: OverloadLoad = { clients: 8, timeouts: 2500, spread: 320, workers: 5, job: 200 };

/** All experiments, in the order in which they run. */
export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: "overload",
    summary: "100 clients that wait 250 ms, one worker of 20 ms",
    load: { ...WORKER, clients: 100, timeouts: 250, spread: 250, seconds: 12 },
    short: { seconds: 2 },
    hasOthers: true,
    figures: [...GOODPUT_FIGURES, ...AFTERWARDS],
  },
  {
    name: "overload-1000",
    summary: "1,000 clients that wait 2.5 s, one worker of 20 ms",
    load: { ...WORKER, clients: 1000, timeouts: 2500, spread: 2500, seconds: 12 },
    short: { seconds: 2 },
    // What a thousand connections took, libzmq and glibc keep, in the C queue too.
    hasOthers: true,
    figures: [...GOODPUT_FIGURES, ...ORDER_AFTERWARDS, MEMORY],
  },
  {
    name: "overload-mixed",
    summary: "100 clients that wait 250 ms, 1 s or 2.5 s, one worker of 20 ms",
    load: { ...WORKER, clients: 100, timeouts: "250,1000,2500", spread: 250, seconds: 12 },
    short: { seconds: 2 },
    hasOthers: true,
    figures: [...GOODPUT_FIGURES, ...AFTERWARDS],
  },
  {
    name: "outage",
    summary: "33 requests/s of clients that wait 250 ms, one worker of 20 ms that is gone for some seconds",
    load: { ...FITTING, spread: 3000, absent: "4-9", seconds: 20 },
    short: { seconds: 3, absent: "1-2" },
    hasOthers: true,
    figures: [
      { label: "first reply after the workers are back, ms", digits: 1, of: (run) => run.totals.firstReplyMs },
      {
        label: "replies in time in the first second, /s",
        digits: 0,
        of: (run) => afterAbsence(run)[0]?.answered,
        goal: { atLeast: 33 },
      },
      {
        label: "replies in time from then on, /s",
        digits: 1,
        of: (run) => total(afterAbsence(run), "answered") / afterAbsence(run).length,
        goal: { atLeast: 32 },
      },
      GAVE_UP_AT_THE_END,
      ...AFTERWARDS,
    ],
  },
  {
    name: "start-together",
    summary: "33 requests/s of 100 clients that wait 250 ms and all start at once, one worker of 20 ms",
    load: { ...FITTING, seconds: 15 },
    short: { seconds: 2 },
    hasOthers: false,
    figures: [
      perSecond("replies in time, /s", "answered", { atLeast: 31 }),
      GAVE_UP_AT_THE_END,
      ...AFTERWARDS,
    ],
  },
  {
    name: "patience",
    summary: "8 clients that wait 2.5 s, five workers of 200 ms",
    load: { ...PATIENT, seconds: 12 },
    short: { seconds: 2 },
    hasOthers: false,
    figures: PATIENCE_FIGURES,
  },
  {
    name: "patience-killed",
    summary: "the same, and one of the clients is killed while its request waits",
    load: { ...PATIENT, seconds: 15, kill: 5 },
    short: { seconds: 2, kill: 1 },
    hasOthers: false,
    figures: PATIENCE_FIGURES,
  },
];
