/**
 * The loads under which all queues are measured, and their goals. To add a case, add an entry to {@linkcode CASES}.
 *
 * @module
 */

import type { Goal } from "../report/goals.ts";
import type { Place } from "../run/cores.ts";
import type { Measurement, PlainLoad } from "../run/load.ts";

/** The figures of a measurement, in the order of tables. */
export const FIGURES = {
  "requests/s": (m: Measurement) => m.requestsPerSecond,
  "CPU, us": (m: Measurement) => m.queueCpuUs,
  "p50, us": (m: Measurement) => m.p50Us,
  "p99, us": (m: Measurement) => m.p99Us,
  "memory, MiB": (m: Measurement) => m.peakMiB,
  "load CPU, us": (m: Measurement) => m.loadCpuUs,
  "CPU of both, us": (m: Measurement) => m.queueCpuUs + m.loadCpuUs,
} as const;

/** Takes the figures out of a measurement. */
export function figuresOf(measurement: Measurement): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(FIGURES).map(([name, take]) => [name, take(measurement)]));
}

/** What the ratio of ours to another queue has to be, round by round. */
export interface RatioGoal {
  readonly figure: keyof typeof FIGURES;
  /** The other queue. */
  readonly against: string;
  readonly goal: Goal;
  /** Which of ours, where it is not {@linkcode OURS}: a variant. */
  readonly of?: string;
}

/** A load, where queue and load run, and what has to be. */
export interface Case extends PlainLoad {
  readonly place: Place;
  readonly goals: readonly RatioGoal[];
  /**
   * How many times as long as usual nothing counts at first, where a second has few requests: V8 compiles what has been called
   * often enough.
   *
   * @default 1
   */
  readonly warmups?: number;
  /**
   * Our queue from source with more flags, by the name in tables: `{ "deno fifo": ["--order", "fifo"] }`. In a case with
   * variants only the C queue and ours run.
   */
  readonly variants?: Readonly<Record<string, readonly string[]>>;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** A request costs no more than in the C queue, and much less than in a scripting language. */
const COST: readonly RatioGoal[] = [
  { figure: "CPU, us", against: "c", goal: { atMost: 1 } },
  { figure: "CPU, us", against: "node", goal: { atMost: 0.35 } },
  { figure: "CPU, us", against: "python", goal: { atMost: 0.25 } },
  { figure: "requests/s", against: "c", goal: { atLeast: 1 } },
];

/** With one request at a time: what the queue adds to its time. */
const LATENCY: readonly RatioGoal[] = [
  { figure: "p50, us", against: "c", goal: { atMost: 1.1 } },
  { figure: "p99, us", against: "c", goal: { atMost: 1.1 } },
];

/** Queue and load on a core each, so that each message wakes another core up. */
const APART: readonly RatioGoal[] = [
  { figure: "CPU, us", against: "c", goal: { atMost: 1.05 } },
  { figure: "p50, us", against: "c", goal: { atMost: 1.05 } },
];
/** As people run it: the scheduler decides. */
const UNPINNED: readonly RatioGoal[] = [
  { figure: "CPU, us", against: "c", goal: { atMost: 1.1 } },
  { figure: "p50, us", against: "c", goal: { atMost: 1.1 } },
];

/** What status and metrics cost. */
const HTTP: readonly RatioGoal[] = [
  { figure: "CPU, us", of: "deno http", against: "deno", goal: { atMost: 1.03 } },
];

/** A small load on one core, but for what a case says. */
function load(special: Partial<Case>): Case {
  const usual = { bytes: 32, outstanding: 64, workers: 16, clients: 100, place: "together", goals: COST } as const;
  return { ...usual, ...special };
}

const ONE = { outstanding: 1, goals: [...COST, ...LATENCY] };
const THOUSAND = { outstanding: 1000, clients: 1000 };
const FEW_BUSY = { outstanding: 1000, clients: 10 };

/** All cases by name, in the order in which they run. */
export const CASES: Readonly<Record<string, Case>> = {
  "32B-1": load(ONE),
  "32B-64": load({ clients: 64 }),
  "32B-1000": load(THOUSAND),
  "4KiB-1": load({ ...ONE, bytes: 4 * KIB }),
  "4KiB-64": load({ bytes: 4 * KIB }),
  "4KiB-1000": load({ ...THOUSAND, bytes: 4 * KIB }),
  "1MiB-1": load({ ...ONE, bytes: MIB }),
  "1MiB-64": load({ bytes: MIB }),
  "1MiB-1000": load({ ...THOUSAND, bytes: MIB }),
  "32B-64-http": load({ clients: 64, variants: { "deno http": ["--http", "127.0.0.1:0"] }, goals: HTTP }),
  pipelined: load(FEW_BUSY),
  "workers-1000": load({ ...THOUSAND, workers: 1000 }),
  "clients-10000": load({ outstanding: 1000, workers: 1000, clients: 10_000 }),
  "backlog-100000": load({ outstanding: 100_000, clients: 1000 }),
  "32B-1-apart": load({ outstanding: 1, place: "apart", warmups: 5, goals: APART }),
  "32B-64-apart": load({ clients: 64, place: "apart", goals: APART }),
  "pipelined-apart": load({ ...FEW_BUSY, place: "apart", goals: APART }),
  "32B-1-unpinned": load({ outstanding: 1, place: "unpinned", warmups: 5, goals: UNPINNED }),
  "32B-64-unpinned": load({ clients: 64, place: "unpinned", goals: UNPINNED }),
};

/** How much more CPU time a request of ours may take in one case than in another. */
export interface Growth {
  readonly from: string;
  readonly to: string;
  readonly goal: Goal;
}

/** What must not grow: with more peers, and with a longer backlog. */
export const GROWTHS: readonly Growth[] = [
  { from: "32B-64", to: "clients-10000", goal: { atMost: 1.3 } },
  { from: "32B-1000", to: "backlog-100000", goal: { atMost: 1.3 } },
];
