/**
 * The worker's command line options.
 *
 * @module
 */

import {
  listOption,
  type OptionTable,
  type OptionValues,
  type Program,
  switchOption,
  UsageError,
  valueOption,
} from "../cli/program.ts";
import { durationBetween, numberBetween, oneOf, parsePositiveSize } from "../cli/values.ts";
import { parseArgv } from "./exec/argv.ts";
import { parseEndpoint } from "../endpoint.ts";
import { type FaultOptions, GUIDE_FAULTS, NO_FAULTS } from "./guide_worker.ts";
import { LOG_OPTIONS } from "../cli/log_options.ts";
import { DEFAULT_MAX_REPLY_BYTES, FRAMES_FORMATS, type FramesFormat } from "./exec/process_executor.ts";
import { formatDuration, formatSize } from "../units.ts";
import { CONCURRENCY, DEFAULT_BACKEND } from "./config.ts";

const DEFAULT_WORK_MS = 1000;
const DEFAULT_OVERLOAD_MS = 3000;

const wholeNumber = numberBetween(0, Number.MAX_SAFE_INTEGER, "integer");

/** The worker's command line. */
export const WORKER_PROGRAM = {
  name: "spworker",
  summary:
    "A Simple Pirate worker: answers requests with any program, or as the Guide's: echoes, and misbehaves on purpose.",
  options: {
    connect: listOption({
      help: "the queue's backend; with several queues the worker serves all",
      placeholder: "ENDPOINT",
      variable: "SPQ_WORKER_CONNECT",
      shownDefault: DEFAULT_BACKEND,
      defaultValue: [DEFAULT_BACKEND],
    }, (text) => parseEndpoint(text, "connect")),
    exec: valueOption({
      help: "answer with this program and its arguments: the request on standard input, the reply from standard output",
      placeholder: "COMMAND",
      variable: "SPQ_EXEC",
      shownDefault: "echo as the Guide's worker",
      defaultValue: undefined as string | undefined,
    }, (text) => text),
    shell: switchOption("with --exec: let a shell (sh -c) read the command", "SPQ_SHELL"),
    keep: switchOption("with --exec: start the program once, and give it a line of JSON for each request", "SPQ_KEEP"),
    frames: valueOption({
      help: "with --exec: body: the bytes of a request's only frame; json: an array of all frames, each way",
      placeholder: FRAMES_FORMATS.join("|"),
      variable: "SPQ_FRAMES",
      shownDefault: "body, with --keep json",
      defaultValue: undefined as FramesFormat | undefined,
    }, oneOf(FRAMES_FORMATS)),
    "max-reply-size": valueOption({
      help: "with --exec: the most that the program may answer",
      placeholder: "SIZE",
      variable: "SPQ_MAX_REPLY_SIZE",
      shownDefault: formatSize(DEFAULT_MAX_REPLY_BYTES),
      defaultValue: DEFAULT_MAX_REPLY_BYTES,
    }, parsePositiveSize),
    concurrency: valueOption({
      help: "jobs at once; auto: as many as there are cores",
      placeholder: "N|auto",
      variable: "SPQ_WORKER_CONCURRENCY",
      shownDefault: "1",
      defaultValue: 1 as number | "auto",
    }, (text) => text === "auto" ? text : numberBetween(CONCURRENCY.min, CONCURRENCY.max, "integer")(text)),
    "max-jobs": valueOption({
      help: "end after so many jobs; 0: never",
      placeholder: "N",
      variable: "SPQ_MAX_JOBS",
      shownDefault: "0",
      defaultValue: 0,
    }, wholeNumber),
    "job-timeout": valueOption({
      help: "hand a job back that takes longer, and kill its program; 0: never",
      placeholder: "DURATION",
      variable: "SPQ_WORKER_JOB_TIMEOUT",
      shownDefault: "0",
      defaultValue: 0,
    }, durationBetween(0)),
    work: valueOption({
      help: "how long each job of the Guide's worker takes",
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
    ...LOG_OPTIONS,
  },
  exitCodes: [
    [0, "ended by a signal or after --max-jobs, its last jobs done"],
    [1, "failed, or a simulated crash"],
    [2, "called wrongly"],
    ["128+n", "ended at once by a second signal n"],
  ],
} satisfies Program<OptionTable>;

/** What does the jobs, as the options say. */
export type Work =
  /** As the Guide's worker. */
  | { readonly kind: "guide" }
  /** A program for each. */
  | { readonly kind: "program"; readonly argv: readonly string[]; readonly framesFormat: FramesFormat }
  /** A program that stays. */
  | { readonly kind: "persistent program"; readonly argv: readonly string[] };

/**
 * Reads the options that say what does the jobs.
 *
 * @param options All options.
 * @returns What they say together.
 * @throws {UsageError} When one does not go with another, or the command cannot be run.
 */
export function workOf(options: OptionValues<typeof WORKER_PROGRAM.options>): Work {
  const { exec, shell, keep, frames } = options;
  if (exec === undefined) {
    const given = Object.entries({ shell, keep, frames: frames !== undefined }).find(([, isGiven]) => isGiven);
    if (given !== undefined) throw new UsageError(`Option --${given[0]} needs --exec: there is no program without it`);
    return { kind: "guide" };
  }
  if (keep && frames === "body") {
    throw new UsageError('Option --frames cannot be "body" with --keep: a persistent program reads and writes JSON');
  }
  let argv: readonly string[];
  try {
    argv = parseArgv(exec, shell ? "sh" : "none");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`Option --exec cannot be ${JSON.stringify(exec)}: ${error.message}`, { cause: error });
  }
  return keep ? { kind: "persistent program", argv } : { kind: "program", argv, framesFormat: frames ?? "body" };
}

/**
 * Reads the options that say how the Guide's worker misbehaves.
 *
 * @param options All options.
 * @returns What they say together.
 */
export function faultsOf(options: OptionValues<typeof WORKER_PROGRAM.options>): FaultOptions {
  if (options["no-faults"]) return NO_FAULTS;
  return {
    healthyJobs: options["healthy-jobs"],
    crashOdds: options["crash-odds"],
    overloadOdds: options["overload-odds"],
  };
}
