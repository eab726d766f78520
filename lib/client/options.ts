/**
 * The client's command line options.
 *
 * @module
 */

import type { LoadPlan } from "./load.ts";
import {
  listOption,
  type OptionTable,
  type OptionValues,
  type Program,
  switchOption,
  valueOption,
} from "../cli/program.ts";
import { durationBetween, numberBetween } from "../cli/values.ts";
import { parseEndpoint } from "../endpoint.ts";
import { CLIENT_OPTIONS, DEFAULT_FRONTEND } from "./config.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { formatDuration, formatSize, parseSize } from "../units.ts";

/** Requests at once, when nothing else is said. */
const DEFAULT_CONCURRENCY = 1;
/** At a rate it is the server that decides how many are under way; so many connections are no trouble to anyone. */
const DEFAULT_CONCURRENCY_AT_RATE = 100;
const DEFAULT_BODY_BYTES = 32;
/** More than any queue takes unless told so, and what memory has room for. */
const MAX_BODY_BYTES = 1024 ** 3;

/** The options that ask for a load. */
const LOAD_OPTIONS = ["concurrency", "rate", "size", "duration"] as const;

/** The client's command line. */
export const CLIENT_PROGRAM = {
  name: "spclient",
  summary: [
    "Sends requests, and tries again on a new connection when no reply comes (the Guide's Lazy Pirate client).",
    "A TEXT, a file or a pipe on standard input is one request, with --lines each line of it; the reply goes to standard",
    "output. With --concurrency, --rate, --size or --duration it makes a load and prints requests/s and latencies.",
    "Else it sends sequence numbers and expects them back.",
  ].join("\n"),
  argument: {
    help: 'the request; "-": standard input is the request, whatever it is; after "--" TEXT may begin with a dash',
    placeholder: "TEXT",
    excludes: ["lines", "count", "json", ...LOAD_OPTIONS],
  },
  options: {
    connect: listOption({
      help: "the queue's frontend; with several queues the next one is tried when one does not answer",
      placeholder: "ENDPOINT",
      variable: "SPQ_CLIENT_CONNECT",
      shownDefault: DEFAULT_FRONTEND,
      defaultValue: [DEFAULT_FRONTEND],
    }, (text) => parseEndpoint(text, "connect")),
    timeout: valueOption({
      help: "how long to wait for a reply",
      placeholder: "DURATION",
      variable: "SPQ_TIMEOUT",
      shownDefault: formatDuration(CLIENT_OPTIONS.timeout.defaultValue),
      defaultValue: CLIENT_OPTIONS.timeout.defaultValue,
    }, durationBetween(1)),
    retries: valueOption({
      help: "how often a request is sent before the client gives up",
      placeholder: "N",
      variable: "SPQ_RETRIES",
      shownDefault: `${CLIENT_OPTIONS.retries.defaultValue}`,
      defaultValue: CLIENT_OPTIONS.retries.defaultValue,
    }, numberBetween(1, 1_000_000, "integer")),
    lines: {
      ...switchOption("each line of standard input is a request; a line for each reply, in the same order"),
      excludes: ["count", "rate", "size", "duration"],
    },
    count: valueOption<number | undefined>({
      help: "end after so many requests; 0: go on",
      placeholder: "N",
      variable: "SPQ_COUNT",
      shownDefault: "0",
      defaultValue: undefined,
    }, numberBetween(0, Number.MAX_SAFE_INTEGER, "integer")),
    concurrency: valueOption<number | undefined>({
      help: "requests at once",
      placeholder: "N",
      shownDefault: `${DEFAULT_CONCURRENCY}, with --rate ${DEFAULT_CONCURRENCY_AT_RATE}`,
      defaultValue: undefined,
    }, numberBetween(1, 10_000, "integer")),
    rate: valueOption<number | undefined>({
      help: "requests a second, each at its time, and its latency counts from then, even if it is sent later",
      placeholder: "N",
      defaultValue: undefined,
    }, numberBetween(0.001, 1_000_000, "number")),
    size: valueOption<number | undefined>({
      help: "the size of each request's body",
      placeholder: "SIZE",
      shownDefault: formatSize(DEFAULT_BODY_BYTES),
      defaultValue: undefined,
    }, parseBodySize),
    duration: {
      ...valueOption<number | undefined>({
        help: "send requests for so long",
        placeholder: "DURATION",
        shownDefault: "until --count, or a signal",
        defaultValue: undefined,
      }, durationBetween(1)),
      excludes: ["count"],
    },
    json: {
      ...switchOption("print a load's result as JSON"),
      needsOneOf: LOAD_OPTIONS,
      excludes: ["lines"],
    },
    ...LOG_OPTIONS,
  },
  exitCodes: [
    [0, "all requests answered; a load or counting also when a signal ended it"],
    [1, "failed"],
    [2, "called wrongly"],
    [3, "no reply after all tries"],
    ["128+n", "ended at once by a signal n; a load and counting by a second one"],
  ],
} satisfies Program<OptionTable>;

/**
 * The load that the options ask for.
 *
 * @param options The client's options.
 * @returns The load, or `undefined` when they ask for none.
 */
export function loadPlan(options: OptionValues<typeof CLIENT_PROGRAM.options>): LoadPlan | undefined {
  if (options.lines || LOAD_OPTIONS.every((name) => options[name] === undefined)) return undefined;
  const { rate } = options;
  return {
    // Both 0 and nothing mean no end.
    count: options.count || Infinity,
    durationMs: options.duration ?? Infinity,
    concurrency: options.concurrency ?? (rate === undefined ? DEFAULT_CONCURRENCY : DEFAULT_CONCURRENCY_AT_RATE),
    ...(rate === undefined ? {} : { rate }),
    bytes: options.size ?? DEFAULT_BODY_BYTES,
  };
}

function parseBodySize(text: string): number {
  const bytes = parseSize(text);
  if (bytes <= MAX_BODY_BYTES) return bytes;
  throw new RangeError(`it must be between 0 and ${formatSize(MAX_BODY_BYTES)}`);
}
