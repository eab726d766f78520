/**
 * The client's command line.
 *
 * @module
 */

import { PEER_KEY_OPTIONS } from "../access/new_key_options.ts";
import { COMMON_ENVIRONMENT, COMMON_SIGNALS } from "../cli/common_texts.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { group, type OptionTable, type OptionValues, type Program } from "../cli/program.ts";
import { SHELLS } from "../cli/shells.ts";
import { checkedHttpAddress } from "../http/address.ts";
import { HTTP_GROUP, HTTP_TOKEN_OPTION } from "../http/options.ts";
import { MAX_DURATION_MS } from "../units.ts";
import { CLIENT_OPTIONS } from "./config.ts";
import type { LoadPlan } from "./load.ts";

const DEFAULT_CONCURRENCY = 1;
/**
 * With a rate, the server's speed decides how many requests are in progress. This many connections are no burden for
 * any queue.
 */
const DEFAULT_CONCURRENCY_AT_RATE = 100;
const DEFAULT_BODY_BYTES = 32;
/** More than any queue accepts by default, and little enough to fit in memory. */
export const MAX_BODY_BYTES = 1024 ** 3;

/** The options that ask for a load test. */
const LOAD_OPTIONS = ["concurrency", "rate", "size", "duration"] as const;

/** The client's command line. */
export const CLIENT_PROGRAM = {
  name: "spclient",
  tagline: "client of the Simple Pirate queue that tries again when no reply comes",
  summary: [
    "Sends requests to a queue and prints the replies. When a reply does not come in time, the client reconnects and sends " +
    "the request again (the Lazy Pirate client of the ZeroMQ Guide).",
    "With TEXT, or with a file or a pipe as standard input, it sends one request. With --lines, it sends one request per " +
    "line. With --concurrency, --rate, --size or --duration, it runs a load test and prints requests/s and latencies. " +
    "With --count, or when standard input is a terminal, it sends 1, 2, 3, ... and checks that each number comes back.",
  ],
  arguments: [{
    help:
      'The request. "-": read it from standard input, even if that is a terminal. To send text that begins with a dash, put "--" ' +
      "before it.",
    placeholder: "TEXT",
    excludes: ["lines", "count", "json", "newKey", "completion", ...LOAD_OPTIONS],
  }],
  options: {
    ...group("Connection", {
      connect: {
        ...CLIENT_OPTIONS.connect,
        help:
          "The queue's frontend: HOST, HOST:PORT, tcp://HOST:PORT or ipc://PATH. Given several, the client tries the next one when one " +
          "does not answer.",
        variable: "SPQ_CLIENT_CONNECT",
      },
      key: {
        kind: "text",
        defaultValue: undefined,
        help: 'The client\'s key, for a queue that asks for one: a file that "spqueue key add" made.',
        placeholder: "FILE",
        variable: "SPQ_CLIENT_KEY",
      },
      timeout: {
        ...CLIENT_OPTIONS.timeout,
        help: "How long to wait for a reply before trying again.",
        variable: "SPQ_TIMEOUT",
      },
      retries: {
        ...CLIENT_OPTIONS.retries,
        help: "How many times in all to send a request before giving up.",
        variable: "SPQ_RETRIES",
      },
    }),
    ...group(HTTP_GROUP, {
      explain: {
        kind: "texts",
        defaultValue: undefined,
        parse: checkedHttpAddress,
        help: "When a request gets no reply, ask the queue that serves HTTP here (spqueue --http) for the reason.",
        placeholder: "ADDRESS",
        variable: "SPQ_EXPLAIN",
      },
      httpTokenFile: { ...HTTP_TOKEN_OPTION, needsOneOf: ["explain"] },
    }),
    ...group("Requests", {
      lines: {
        kind: "switch",
        defaultValue: false,
        help: "Send each line of standard input as a request, and print one line per reply, in the same order.",
        excludes: ["count", "rate", "size", "duration"],
      },
      keepGoing: {
        kind: "switch",
        defaultValue: false,
        help:
          "When a line gets no reply, print an empty line and go on. At the end, say which lines failed, and exit " +
          "with 3.",
        needsOneOf: ["lines"],
      },
      empty: {
        kind: "switch",
        defaultValue: false,
        help: "If standard input is empty, send an empty request. Without this option, empty input is an error.",
        excludes: ["lines", "count", ...LOAD_OPTIONS],
      },
      count: {
        kind: "integer",
        defaultValue: undefined,
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
        shownDefault: "0",
        help: "Stop after N requests; 0: never. Outside a load test, send the numbers from 1 to N.",
        variable: "SPQ_COUNT",
      },
    }),
    ...group("Load test", {
      concurrency: {
        kind: "integer",
        defaultValue: undefined,
        min: 1,
        max: 10_000,
        shownDefault: `${DEFAULT_CONCURRENCY}, ${DEFAULT_CONCURRENCY_AT_RATE} with --rate`,
        help: "How many requests to have under way at once; also for --lines.",
      },
      rate: {
        kind: "number",
        defaultValue: undefined,
        min: 0.001,
        max: 1_000_000,
        help:
          "Send N requests per second, each at a scheduled time. Latencies count from that time, even if the request was " +
          "sent later.",
      },
      size: {
        kind: "size",
        defaultValue: undefined,
        min: 0,
        max: MAX_BODY_BYTES,
        shownDefault: `${DEFAULT_BODY_BYTES}`,
        help: "The size of each request.",
      },
      duration: {
        kind: "duration",
        defaultValue: undefined,
        min: 1,
        max: MAX_DURATION_MS,
        shownDefault: "until --count or a signal",
        help: "Send requests for this long.",
        excludes: ["count"],
      },
      json: {
        kind: "switch",
        defaultValue: false,
        help: "Print the result as JSON.",
        needsOneOf: LOAD_OPTIONS,
        excludes: ["lines"],
      },
    }),
    ...group("Keys, see docs/access.md", {
      newKey: {
        kind: "text",
        defaultValue: undefined,
        help: "Make a key, write it to this file, print the line that lets it in, and exit. Needs --queue.",
        placeholder: "FILE",
        excludes: ["lines", "count", ...LOAD_OPTIONS],
      },
      queue: { ...PEER_KEY_OPTIONS.queue, needsOneOf: ["newKey"] },
    }),
    ...group("Shell", {
      completion: {
        kind: "choice",
        choices: SHELLS,
        defaultValue: undefined,
        help: "Print the completions of spclient for this shell, and exit.",
        excludes: ["lines", "count", "newKey", ...LOAD_OPTIONS],
      },
    }),
    ...LOG_OPTIONS,
  },
  examples: [
    ["spclient 'hello'", "Send a text, and print the reply."],
    ["spclient < photo.jpg > thumbnail.jpg", "Send a file."],
    ["seq 1000 | spclient --lines --concurrency 32", "Send 1000 requests, 32 at a time."],
    ["spclient --explain 127.0.0.1:5557 'hello'", "If there is no reply, ask the queue why."],
    ["spclient --rate 500 --duration 10s", "Measure the latencies at 500 requests per second."],
  ],
  exitCodes: [
    [0, "all requests were answered, or a signal ended a load test or counting"],
    [1, "failed"],
    [2, "usage error"],
    [3, "no reply after all tries"],
    ["128+n", "killed by signal n; a load test or counting: by a second signal"],
  ],
  signals: [
    [
      "SIGTERM, SIGINT, SIGHUP",
      "Exit at once, with 128 plus the signal's number. A load test or counting ends with its report.",
    ],
    ...COMMON_SIGNALS,
  ],
  environment: COMMON_ENVIRONMENT,
  files: [["NAME.key", 'With --key: the client\'s key, from "spqueue key add" or --new-key.']],
} as const satisfies Program<OptionTable>;

/**
 * Reads the options that describe a load test.
 *
 * @param options The client's options.
 * @returns The load test, or `undefined` when the options ask for none.
 */
export function loadPlan(options: OptionValues<typeof CLIENT_PROGRAM.options>): LoadPlan | undefined {
  if (options.lines || LOAD_OPTIONS.every((name) => options[name] === undefined)) return undefined;
  const { rate } = options;
  return {
    // 0 and "not given" both mean no limit.
    count: options.count || Infinity,
    durationMs: options.duration ?? Infinity,
    concurrency: options.concurrency ?? (rate === undefined ? DEFAULT_CONCURRENCY : DEFAULT_CONCURRENCY_AT_RATE),
    ...(rate === undefined ? {} : { rate }),
    bytes: options.size ?? DEFAULT_BODY_BYTES,
  };
}
