/**
 * The client's command line options.
 *
 * @module
 */

import {
  durationBetween,
  listOption,
  numberBetween,
  type OptionTable,
  type Program,
  valueOption,
} from "./command_line.ts";
import { parseEndpoint } from "./endpoint.ts";
import { DEFAULT_FRONTEND, DEFAULT_RETRIES, DEFAULT_TIMEOUT_MS } from "./lazy_pirate.ts";
import { LOG_OPTIONS } from "./log_option.ts";
import { formatDuration } from "./units.ts";

/** The client's command line. */
export const CLIENT_PROGRAM = {
  name: "spclient",
  summary:
    "The Guide's Lazy Pirate client: sends a sequence number, expects it back, and tries again on a new connection.",
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
      shownDefault: formatDuration(DEFAULT_TIMEOUT_MS),
      defaultValue: DEFAULT_TIMEOUT_MS,
    }, durationBetween(1)),
    retries: valueOption({
      help: "how often a request is sent before the client gives up",
      placeholder: "N",
      variable: "SPQ_RETRIES",
      shownDefault: `${DEFAULT_RETRIES}`,
      defaultValue: DEFAULT_RETRIES,
    }, numberBetween(1, 1_000_000, "integer")),
    count: valueOption({
      help: "end after so many answered requests; 0: go on",
      placeholder: "N",
      variable: "SPQ_COUNT",
      shownDefault: "0",
      defaultValue: 0,
    }, numberBetween(0, Number.MAX_SAFE_INTEGER, "integer")),
    ...LOG_OPTIONS,
  },
  exitCodes: [
    [0, "all requests answered, or ended by a signal"],
    [1, "failed"],
    [2, "called wrongly"],
    [3, "no reply after all tries"],
    ["128+n", "ended at once by a second signal n"],
  ],
} satisfies Program<OptionTable>;
