/**
 * The worker's command line options.
 *
 * @module
 */

import {
  durationBetween,
  listOption,
  numberBetween,
  type OptionTable,
  type Program,
  switchOption,
  valueOption,
} from "./command_line.ts";
import { parseEndpoint } from "./endpoint.ts";
import { GUIDE_FAULTS } from "./faults.ts";
import { logFormatOption } from "./log_option.ts";
import { formatDuration } from "./units.ts";
import { DEFAULT_BACKEND } from "./worker_pool.ts";

const DEFAULT_WORK_MS = 1000;
const DEFAULT_OVERLOAD_MS = 3000;

const wholeNumber = numberBetween(0, Number.MAX_SAFE_INTEGER, "integer");

/** The worker's command line. */
export const WORKER_PROGRAM = {
  name: "spworker",
  summary: "The Guide's Simple Pirate worker: echoes each request, and misbehaves on purpose unless told not to.",
  options: {
    connect: listOption({
      help: "the queue's backend; with several queues the worker serves all",
      placeholder: "ENDPOINT",
      variable: "SPQ_WORKER_CONNECT",
      shownDefault: DEFAULT_BACKEND,
      defaultValue: [DEFAULT_BACKEND],
    }, (text) => parseEndpoint(text, "connect")),
    work: valueOption({
      help: "how long each job takes",
      placeholder: "DURATION",
      variable: "SPQ_WORK",
      shownDefault: formatDuration(DEFAULT_WORK_MS),
      defaultValue: DEFAULT_WORK_MS,
    }, durationBetween(0)),
    "no-faults": switchOption("do not misbehave", "SPQ_NO_FAULTS"),
    "healthy-jobs": valueOption({
      help: "jobs before the first fault",
      placeholder: "N",
      variable: "SPQ_HEALTHY_JOBS",
      shownDefault: `${GUIDE_FAULTS.healthyJobs}`,
      defaultValue: GUIDE_FAULTS.healthyJobs,
    }, wholeNumber),
    "crash-odds": valueOption({
      help: "then one in N jobs ends in a crash: exit 1, no answer; 0: none",
      placeholder: "N",
      variable: "SPQ_CRASH_ODDS",
      shownDefault: `${GUIDE_FAULTS.crashOdds}`,
      defaultValue: GUIDE_FAULTS.crashOdds,
    }, wholeNumber),
    "overload-odds": valueOption({
      help: "and one in N of the others meets a CPU overload; 0: none",
      placeholder: "N",
      variable: "SPQ_OVERLOAD_ODDS",
      shownDefault: `${GUIDE_FAULTS.overloadOdds}`,
      defaultValue: GUIDE_FAULTS.overloadOdds,
    }, wholeNumber),
    overload: valueOption({
      help: "how long an overload lasts",
      placeholder: "DURATION",
      variable: "SPQ_OVERLOAD",
      shownDefault: formatDuration(DEFAULT_OVERLOAD_MS),
      defaultValue: DEFAULT_OVERLOAD_MS,
    }, durationBetween(0)),
    seed: valueOption({
      help: "makes the faults of a run repeatable",
      placeholder: "N",
      variable: "SPQ_SEED",
      shownDefault: "random",
      defaultValue: undefined as number | undefined,
    }, wholeNumber),
    "log-format": logFormatOption(),
  },
  exitCodes: [
    [0, "ended by a signal, its last job done"],
    [1, "failed, or a simulated crash"],
    [2, "called wrongly"],
    ["128+n", "ended at once by a second signal n"],
  ],
} satisfies Program<OptionTable>;
