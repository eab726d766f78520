/**
 * The benchmark's command line.
 *
 * @module
 */

import { listOption, type OptionTable, type Program, switchOption, valueOption } from "../lib/cli/program.ts";
import { numberBetween, oneOf } from "../lib/cli/values.ts";
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

const COUNT = numberBetween(1, 1000, "integer");

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
  summary: "Compares the queue with what else a user would take, on this machine; results also go to " +
    "bench/results/latest.json, from which deno task bench:report makes plots and bench/README.md.",
  options: {
    only: listOption({
      help: `run only this: ${NAMES.join(", ")}`,
      placeholder: "NAME",
      defaultValue: NAMES,
    }, oneOf(NAMES)),
    queue: listOption({
      help: `compare only this with the C queue: ${QUEUE_NAMES.join(", ")}`,
      placeholder: "NAME",
      defaultValue: QUEUE_NAMES,
    }, oneOf(QUEUE_NAMES)),
    rounds: valueOption({
      help: "interleaved runs of each queue in each case",
      placeholder: "N",
      shownDefault: `${FULL.rounds}, with --short ${SHORT.rounds}`,
      defaultValue: undefined,
    }, COUNT),
    update: switchOption("keep what bench/results/latest.json has of everything that is not measured now"),
    short: switchOption("measure too little for figures, only to see that everything works"),
    "queue-binary": valueOption<string | undefined>({
      help: "the compiled queue",
      placeholder: "PATH",
      shownDefault: "dist/spqueue",
      defaultValue: undefined,
    }, (path) => path),
    control: switchOption("compare the C queue with itself only, to see the noise of this machine"),
    cores: valueOption({
      help: "the queue's core and the load's core; cases that share one use the first, those without pinning both",
      placeholder: "A,B",
      shownDefault: "0,1",
      defaultValue: { queueCores: "0", loadCores: "1" },
    }, parsePinning),
  },
  exitCodes: [
    [0, "everything was measured, whatever the figures"],
    [1, "something cannot be measured, or did not work"],
    [2, "wrong options"],
  ],
} as const satisfies Program<OptionTable>;
