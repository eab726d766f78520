/**
 * The command line of `spqueue top`.
 *
 * @module
 */

import { ExitCode, type OptionTable, type Program } from "../../cli/program.ts";
import { ADDRESSES, ASK_OPTIONS } from "./status_options.ts";

/** `spqueue top`. */
export const TOP = {
  name: "spqueue top",
  summary: [
    "Watch queues on the terminal: their states and numbers, workers, clients and exhausted requests.",
    "The queues must run with --http. Press ? for the list of keys. Without a terminal it prints the state once, as " +
    '"spqueue status" does, or, with --interval, one line per queue at this interval.',
  ],
  arguments: [ADDRESSES],
  options: {
    interval: {
      kind: "duration",
      defaultValue: undefined,
      min: 100,
      max: 3_600_000,
      shownDefault: "1s",
      help: "How often to ask.",
    },
    ...ASK_OPTIONS,
  },
  examples: [
    ["spqueue top", "The queue on this machine."],
    ["spqueue top queue1:5557 queue2:5557", "Two queues; Enter opens one."],
  ],
  exitCodes: [
    [ExitCode.DONE, "ended by q; without a terminal: serving, even if overloaded or full"],
    [ExitCode.FAILED, "the terminal cannot be written; without one: a queue cannot be reached or does not answer"],
    [ExitCode.USAGE, "usage error"],
    [ExitCode.NO_WORKERS, "without a terminal: a queue has no workers"],
    [ExitCode.NOT_SERVING, "without a terminal: a queue is paused or draining"],
    ["128+n", "killed by signal n, after restoring the terminal"],
  ],
} as const satisfies Program<OptionTable>;
