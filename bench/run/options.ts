/**
 * The benchmark's command line.
 *
 * @module
 */

import type { OptionTable, OptionValues, Program } from "../../lib/cli/program.ts";
import { NAMES } from "../parts/all.ts";
import type { Cores } from "./cores.ts";
import { QUEUE_NAMES } from "./queues.ts";

/** How much of a case is measured where the command line does not say so. */
export const FULL = { rounds: 5, warmupMs: 2000, measureMs: 1000 } as const;
/** Enough to see that everything works; too little for figures. */
export const SHORT = { rounds: 1, warmupMs: 50, measureMs: 100 } as const;

function parseCores(text: string): Cores {
  const [, queue, load] = /^(\d{1,4}),(\d{1,4})$/.exec(text) ?? [];
  if (queue === undefined || load === undefined || queue === load) {
    throw new RangeError("it must be the numbers of two cores, such as 0,1");
  }
  return { queue, load };
}

/** The benchmark's command line. */
export const BENCH_PROGRAM = {
  name: "bench",
  summary: [
    "Compares the queue with its alternatives on this machine. The results also go to bench/results/latest.json, from " +
    "which deno task bench:report makes bench/RESULTS.md.",
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
      help: "Keep the latest results of everything that is not measured now.",
    },
    short: {
      kind: "switch",
      defaultValue: false,
      help: "Measure too little for figures, only to see that everything works. Keeps no results.",
    },
    queueBinary: {
      kind: "text",
      defaultValue: "dist/spqueue",
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
      parse: parseCores,
      defaultValue: { queue: "0", load: "1" },
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

/** The values of the options. */
export type BenchOptions = OptionValues<typeof BENCH_PROGRAM.options>;
