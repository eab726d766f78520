/**
 * What is measured beside all queues: the cases, the figures taken in each, and the goals they have to meet.
 *
 * @module
 */

import type { Measurement } from "./measure.ts";
import type { QueueName } from "./queues.ts";

/** A bound for a figure. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** A figure of a measurement. */
export interface Figure {
  /** Its name in results. */
  readonly name: FigureName;
  /** Its name and unit in tables. */
  readonly label: string;
  /** Takes the figure from a measurement. */
  readonly of: (measurement: Measurement) => number;
}

/** The names of the figures. */
export type FigureName = "requestsPerSecond" | "queueCpuUs" | "p50Us" | "p99Us" | "peakMiB" | "loadCpuUs" | "allCpuUs";

const MEBIBYTE = 2 ** 20;

/** All figures, in the order in which tables show them. */
export const FIGURES: readonly Figure[] = [
  { name: "requestsPerSecond", label: "requests/s", of: (m) => m.requestsPerSecond },
  { name: "queueCpuUs", label: "CPU, us", of: (m) => m.queueCpuSeconds / m.requests * 1e6 },
  { name: "p50Us", label: "p50, us", of: (m) => m.p50Us },
  { name: "p99Us", label: "p99, us", of: (m) => m.p99Us },
  { name: "peakMiB", label: "memory, MiB", of: (m) => (m.residentPeakBytes - m.residentBeforeBytes) / MEBIBYTE },
  { name: "loadCpuUs", label: "load CPU, us", of: (m) => m.loadCpuSeconds / m.requests * 1e6 },
  {
    name: "allCpuUs",
    label: "CPU of both, us",
    of: (m) => (m.queueCpuSeconds + m.loadCpuSeconds) / m.requests * 1e6,
  },
];

/** A goal for the ratio of ours to another queue. */
export interface RatioGoal {
  readonly figure: FigureName;
  readonly against: QueueName;
  readonly goal: Goal;
}

/** What clients and workers do. */
export interface CaseLoad {
  /** The size of a request's body. */
  readonly bodyBytes: number;
  /** Requests under way at any time. */
  readonly outstanding: number;
  /** Workers, which echo at once. */
  readonly workers: number;
  /** Connected clients: as many as there are outstanding requests ask, the others idle. */
  readonly clients: number;
}

/** Where queue and load run: both on the first core, on a core each, or both on both as the scheduler likes. */
export type Place = "together" | "apart" | "unpinned";

/** One load, and where queue and load run. */
export interface Case extends CaseLoad {
  /** What `--only` names. */
  readonly name: string;
  readonly place: Place;
  /** What the ratios have to be. */
  readonly goals: readonly RatioGoal[];
}

const KIB = 1024;
const SMALL = 32;

/** A request costs no more than in the C queue, and much less than in a scripting language. */
const COST: readonly RatioGoal[] = [
  { figure: "queueCpuUs", against: "c", goal: { atMost: 1 } },
  { figure: "queueCpuUs", against: "node", goal: { atMost: 0.35 } },
  { figure: "queueCpuUs", against: "python", goal: { atMost: 0.25 } },
  { figure: "requestsPerSecond", against: "c", goal: { atLeast: 1 } },
];

/** One request at a time: what the queue adds to its time. */
const LATENCY: readonly RatioGoal[] = [
  { figure: "p50Us", against: "c", goal: { atMost: 1.1 } },
  { figure: "p99Us", against: "c", goal: { atMost: 1.1 } },
];

function together(name: string, load: Partial<CaseLoad>, goals: readonly RatioGoal[]): Case {
  return { name, bodyBytes: SMALL, outstanding: 64, workers: 16, clients: 100, ...load, place: "together", goals };
}

function placed(place: Place, name: string, load: Partial<CaseLoad>): Case {
  return { ...together(name, load, []), place };
}

/** All cases, in the order in which they run. */
export const CASES: readonly Case[] = [
  together("32B-1", { outstanding: 1 }, [...COST, ...LATENCY]),
  together("32B-64", { clients: 64 }, COST),
  together("32B-1000", { outstanding: 1000, clients: 1000 }, COST),
  together("4KiB-1", { bodyBytes: 4 * KIB, outstanding: 1 }, [...COST, ...LATENCY]),
  together("4KiB-64", { bodyBytes: 4 * KIB }, COST),
  together("4KiB-1000", { bodyBytes: 4 * KIB, outstanding: 1000, clients: 1000 }, COST),
  together("1MiB-1", { bodyBytes: KIB * KIB, outstanding: 1 }, [...COST, ...LATENCY]),
  together("1MiB-64", { bodyBytes: KIB * KIB }, COST),
  together("1MiB-1000", { bodyBytes: KIB * KIB, outstanding: 1000, clients: 1000 }, COST),
  together("pipelined", { outstanding: 1000, clients: 10 }, COST),
  together("workers-1000", { outstanding: 1000, workers: 1000, clients: 1000 }, COST),
  together("clients-10000", { outstanding: 1000, workers: 1000, clients: 10_000 }, COST),
  together("backlog-100000", { outstanding: 100_000, clients: 1000 }, COST),
  placed("apart", "32B-1-apart", { outstanding: 1 }),
  placed("apart", "32B-64-apart", { clients: 64 }),
  placed("apart", "pipelined-apart", { outstanding: 1000, clients: 10 }),
  placed("unpinned", "32B-1-unpinned", { outstanding: 1 }),
  placed("unpinned", "32B-64-unpinned", { clients: 64 }),
];

/** How much more a request may cost in one case than in another, in our queue. */
export interface Growth {
  /** What grows. */
  readonly label: string;
  readonly from: string;
  readonly to: string;
  readonly goal: Goal;
}

/** What must not grow. */
export const GROWTHS: readonly Growth[] = [
  {
    label: "CPU per request, 1,000 workers and 10,000 clients / 16 and 64",
    from: "32B-64",
    to: "clients-10000",
    goal: { atMost: 1.3 },
  },
  {
    label: "CPU per request, backlog of 100,000 / 1,000",
    from: "32B-1000",
    to: "backlog-100000",
    goal: { atMost: 1.3 },
  },
];

/** The case in which it is checked that the load generator is not what is measured. */
export const GENERATOR_CASE = "pipelined";
/** So many times as fast as any queue that waits for free workers the generator has to drive zmq_proxy there. */
export const GENERATOR_PACE_GOAL: Goal = { atLeast: 1.3 };
/** So little the generator may cost there beside any queue. */
export const GENERATOR_COST_GOAL: Goal = { atMost: 1 / 1.3 };

/**
 * Tells whether a figure meets a goal.
 *
 * @param value The figure.
 * @param goal The goal.
 * @returns Whether it does.
 */
export function meets(value: number, goal: Goal): boolean {
  return "atLeast" in goal ? value >= goal.atLeast : value <= goal.atMost;
}

/**
 * Finds a figure.
 *
 * @param name Its name.
 * @returns The figure.
 */
export function figureNamed(name: FigureName): Figure {
  const figure = FIGURES.find((candidate) => candidate.name === name);
  if (figure === undefined) throw new RangeError(`There is no figure ${name}`);
  return figure;
}
