/**
 * The command lines of `spqueue status`, `pause`, `resume` and `drain`.
 *
 * @module
 */

import { ExitCode, type OptionTable, type Program } from "../../cli/program.ts";
import { checkedHttpAddress } from "../../http/address.ts";
import { HTTP_TOKEN_OPTION } from "../../http/options.ts";
import { PAUSE_FOR } from "../http/config.ts";
import { PRINTED_NUMBERS } from "../status/text.ts";

/** The options for reaching a queue. */
export const ASK_OPTIONS = {
  http: {
    kind: "texts",
    defaultValue: ["127.0.0.1:5557"],
    parse: checkedHttpAddress,
    help: "Where the queue serves HTTP, if no ADDRESS is given.",
    placeholder: "ADDRESS",
    variable: "SPQ_HTTP",
  },
  httpTokenFile: HTTP_TOKEN_OPTION,
} as const satisfies OptionTable;

/** The queues to ask. */
export const ADDRESSES = {
  placeholder: "ADDRESS",
  help: "Where the queue serves HTTP: 127.0.0.1:5557, or unix:/PATH. Several can be given.",
  isRepeatable: true,
} as const;
const ADDRESS = {
  placeholder: "ADDRESS",
  help: "Where the queue serves HTTP: 127.0.0.1:5557, or unix:/PATH.",
} as const;

/** `spqueue status`. */
export const STATUS = {
  name: "spqueue status",
  summary: [
    "Print the state of queues, the reason for it, and their numbers.",
    "The queues must run with --http. docs/operating.md explains the numbers.",
  ],
  arguments: [ADDRESSES],
  options: {
    json: {
      kind: "switch",
      defaultValue: false,
      help: "Print the whole status, one line of JSON per queue.",
      excludes: ["print", "alive", "ready"],
    },
    print: {
      kind: "choice",
      choices: Object.keys(PRINTED_NUMBERS),
      defaultValue: undefined,
      help: `Print only this number, one line per queue: ${Object.keys(PRINTED_NUMBERS).join(", ")}.`,
      placeholder: "NUMBER",
      excludes: ["alive", "ready"],
    },
    alive: {
      kind: "switch",
      defaultValue: false,
      help: "Print nothing. Exit with 1 if a queue hangs or is gone (so a restart would help), otherwise with 0.",
      excludes: ["ready"],
    },
    ready: {
      kind: "switch",
      defaultValue: false,
      help: "Print nothing. Exit with 1 if a queue is starting, draining, paused, hanging or gone, otherwise with 0.",
    },
    ...ASK_OPTIONS,
  },
  examples: [
    ["spqueue status", "Ask the queue on this machine."],
    ["spqueue status --print waiting", "Print how many requests are waiting."],
    ["spqueue status --ready unix:/run/spqueue/http.sock", "A health check."],
  ],
  exitCodes: [
    [ExitCode.DONE, "serving, even if overloaded or full"],
    [ExitCode.FAILED, "a queue cannot be reached or does not answer; with --alive or --ready: the check failed"],
    [ExitCode.USAGE, "usage error"],
    [ExitCode.NO_WORKERS, "a queue has no workers"],
    [ExitCode.NOT_SERVING, "a queue is paused or draining"],
  ],
} as const satisfies Program<OptionTable>;

const TOLD: Program<OptionTable>["exitCodes"] = [
  [ExitCode.DONE, "done"],
  [ExitCode.FAILED, "the queue cannot be reached, or refuses"],
  [ExitCode.USAGE, "usage error"],
];

/** `spqueue pause`. */
export const PAUSE = {
  name: "spqueue pause",
  summary: [
    "Stop a queue from sending requests to workers. It still accepts requests, and workers keep their places.",
    "The queue must run with --http and --http-actions. A restart of the queue ends the pause.",
  ],
  arguments: [ADDRESS],
  options: {
    reason: {
      kind: "text",
      defaultValue: undefined,
      help: "The reason, for the queue's log and status. Required.",
    },
    for: {
      ...PAUSE_FOR,
      help: "End the pause after this time.",
    },
    ...ASK_OPTIONS,
  },
  examples: [["spqueue pause --reason 'new disks' --for 10m", "Pause the queue on this machine."]],
  exitCodes: TOLD,
} as const satisfies Program<OptionTable>;

/** `spqueue resume`. */
export const RESUME = {
  name: "spqueue resume",
  summary: ["End a pause."],
  arguments: [ADDRESS],
  options: ASK_OPTIONS,
  exitCodes: TOLD,
} as const satisfies Program<OptionTable>;

/** `spqueue drain`. */
export const DRAIN = {
  name: "spqueue drain",
  summary: ["Tell a queue to finish its requests and exit, as SIGTERM does."],
  arguments: [ADDRESS],
  options: ASK_OPTIONS,
  exitCodes: TOLD,
} as const satisfies Program<OptionTable>;
