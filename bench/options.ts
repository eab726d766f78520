/**
 * The benchmark's command line.
 *
 * @module
 */

import {
  listOption,
  numberBetween,
  oneOf,
  type OptionTable,
  type Program,
  switchOption,
  valueOption,
} from "../lib/command_line.ts";
import { CASES } from "./cases.ts";
import type { Pinning } from "./measure.ts";
import { EXPERIMENTS } from "./overload_experiments.ts";
import { REDELIVERY } from "./redelivery.ts";

/** How much is measured where the command line does not say so. */
export interface Amount {
  /** Interleaved pairs of runs for each case. */
  readonly pairs: number;
  /** Requests that count in each run, or undefined for each case's own number. */
  readonly requests: number | undefined;
  /** Starts that count for each queue. */
  readonly starts: number;
  /** Workers killed for each queue. */
  readonly kills: number;
}

/** The usual amount. */
export const FULL: Amount = { pairs: 7, requests: undefined, starts: 7, kills: 30 };

/** Enough to see that everything works; too little for figures. */
export const SHORT: Amount = { pairs: 1, requests: 2000, starts: 1, kills: 3 };

/** What `--only` can name. */
const NAMES = [...CASES.map(({ name }) => name), ...EXPERIMENTS.map(({ name }) => name), REDELIVERY];

const COUNT = numberBetween(1, 10_000_000, "integer");

function parsePinning(text: string): Pinning {
  const [, queueCore, loadCore] = /^(\d{1,4}),(\d{1,4})$/.exec(text) ?? [];
  if (queueCore === undefined || loadCore === undefined || queueCore === loadCore) {
    throw new RangeError("it must be the numbers of two cores, such as 0,1");
  }
  return { queueCore: Number(queueCore), loadCore: Number(loadCore) };
}

/** The benchmark's command line. */
export const BENCH_PROGRAM = {
  name: "bench",
  summary: "Compares the queue with the Guide's queue in C over libzmq, on this machine; results also go to " +
    "bench/results/latest.json.",
  options: {
    only: listOption({
      help: `run only this: ${NAMES.join(", ")}`,
      placeholder: "NAME",
      defaultValue: NAMES,
    }, oneOf(NAMES)),
    pairs: valueOption({
      help: "interleaved pairs of runs for each case, from throughput to latency-one-core",
      placeholder: "N",
      shownDefault: `${FULL.pairs}, with --short ${SHORT.pairs}`,
      defaultValue: undefined,
    }, COUNT),
    requests: valueOption({
      help: "requests that count in each of these runs, after a third as many that do not",
      placeholder: "N",
      shownDefault: `by case, with --short ${SHORT.requests}`,
      defaultValue: undefined,
    }, COUNT),
    short: switchOption("measure too little for figures, only to see that everything works"),
    "queue-binary": valueOption<string | undefined>({
      help: "measure this compiled queue too",
      placeholder: "PATH",
      defaultValue: undefined,
    }, (path) => path),
    control: switchOption("compare the C queue with itself instead, to see the noise of this machine"),
    cores: valueOption({
      help: "the queue's core and the load's core",
      placeholder: "A,B",
      shownDefault: "0,1",
      defaultValue: { queueCore: 0, loadCore: 1 },
    }, parsePinning),
  },
  exitCodes: [
    [0, "everything was measured, whatever the ratios"],
    [1, "something cannot be measured, or did not work"],
    [2, "wrong options"],
  ],
} as const satisfies Program<OptionTable>;
