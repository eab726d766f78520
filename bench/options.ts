/**
 * The benchmark's command line.
 *
 * @module
 */

import type { OptionTable, Program } from "../lib/cli/program.ts";
import { CASES } from "./cases.ts";
import { DEPARTURES } from "./departures.ts";
import { GARBAGE_COLLECTION } from "./garbage_collection.ts";
import { IDLE_CLIENTS } from "./idle_clients.ts";
import type { Pinning } from "./measure.ts";
import { EXPERIMENTS } from "./overload_experiments.ts";
import { PEER_COSTS, type PeerCostAmount } from "./peer_costs.ts";
import { QUEUE_NAMES } from "./queues.ts";
import { REDELIVERY } from "./redelivery.ts";
import { STARTS } from "./starts.ts";
import { THREADS } from "./threads.ts";

/** How much is measured where the command line does not say so. */
export interface Amount {
  /** Interleaved runs of each queue in each case. */
  readonly rounds: number;
  /** What counts of each. */
  readonly measureMs: number;
  /** What does not, before. */
  readonly warmupMs: number;
  /** Starts that count for each queue. */
  readonly starts: number;
  /** Numbers of idle clients. */
  readonly idleClients: readonly number[];
  /** Seconds of full load for the garbage collector. */
  readonly collectionSeconds: number;
  /** For workers and clients. */
  readonly peerCosts: PeerCostAmount;
  /** Workers killed for each queue. */
  readonly kills: number;
}

/** The usual amount. */
export const FULL: Amount = {
  rounds: 5,
  measureMs: 1000,
  warmupMs: 2000,
  starts: 7,
  idleClients: [1000, 10_000],
  collectionSeconds: 60,
  peerCosts: { count: 20_000, rounds: 5 },
  kills: 30,
};

/** Enough to see that everything works; too little for figures. */
export const SHORT: Amount = {
  rounds: 1,
  measureMs: 100,
  warmupMs: 50,
  starts: 1,
  idleClients: [1000],
  collectionSeconds: 2,
  peerCosts: { count: 500, rounds: 1 },
  kills: 3,
};

/** What `--only` can name. */
const NAMES = [
  ...CASES.map(({ name }) => name),
  THREADS,
  STARTS,
  IDLE_CLIENTS,
  DEPARTURES,
  GARBAGE_COLLECTION,
  PEER_COSTS,
  ...EXPERIMENTS.map(({ name }) => name),
  REDELIVERY,
];

function parsePinning(text: string): Pinning {
  const [, queueCores, loadCores] = /^(\d{1,4}),(\d{1,4})$/.exec(text) ?? [];
  if (queueCores === undefined || loadCores === undefined || queueCores === loadCores) {
    throw new RangeError("it must be the numbers of two cores, such as 0,1");
  }
  return { queueCores, loadCores };
}

/** The benchmark's command line. */
export const BENCH_PROGRAM = {
  name: "bench",
  summary: [
    "Compares the queue with its alternatives on this machine. The results also go to bench/results/latest.json, from " +
    "which deno task bench:report makes plots and bench/README.md.",
  ],
  options: {
    only: {
      kind: "choices",
      choices: NAMES,
      defaultValue: NAMES,
      help: `Run only this: ${NAMES.join(", ")}.`,
      shownDefault: "all",
    },
    queue: {
      kind: "choices",
      choices: QUEUE_NAMES,
      defaultValue: QUEUE_NAMES,
      help: `Compare only this with the C queue: ${QUEUE_NAMES.join(", ")}.`,
      shownDefault: "all",
    },
    rounds: {
      kind: "integer",
      defaultValue: undefined,
      min: 1,
      max: 1000,
      help: "How many interleaved runs of each queue to do in each case.",
      shownDefault: `${FULL.rounds}, ${SHORT.rounds} with --short`,
    },
    update: {
      kind: "switch",
      defaultValue: false,
      help: "Keep what bench/results/latest.json has of everything that is not measured now.",
    },
    short: {
      kind: "switch",
      defaultValue: false,
      help: "Measure too little for figures, only to see that everything works.",
    },
    queueBinary: {
      kind: "text",
      defaultValue: undefined,
      help: "The compiled queue.",
      placeholder: "PATH",
      shownDefault: "dist/spqueue",
    },
    control: {
      kind: "switch",
      defaultValue: false,
      help: "Compare the C queue only with itself, to see the noise of this machine.",
    },
    cores: {
      kind: "text",
      parse: parsePinning,
      defaultValue: { queueCores: "0", loadCores: "1" },
      help: "The queue's core and the load's core. Cases that share one use the first; those without pinning use both.",
      placeholder: "A,B",
      shownDefault: "0,1",
    },
  },
  exitCodes: [
    [0, "everything was measured, whatever the figures"],
    [1, "something cannot be measured, or did not work"],
    [2, "usage error"],
  ],
} as const satisfies Program<OptionTable>;
