/**
 * Interprets combinations of the worker's options: what does the jobs, and how the demo misbehaves.
 *
 * @module
 */

import { type OptionValues, UsageError } from "../cli/program.ts";
import { parseArgv } from "./exec/argv.ts";
import type { FramesFormat } from "./exec/process_executor.ts";
import { type FaultOptions, NO_FAULTS } from "./guide_worker.ts";
import type { WORKER_PROGRAM } from "./options.ts";

/** What does the jobs. */
export type Work =
  /** The demo: the Guide's worker. */
  | { readonly kind: "guide" }
  /** A program for each job. */
  | { readonly kind: "program"; readonly argv: readonly string[]; readonly framesFormat: FramesFormat }
  /** A persistent program for all jobs. */
  | { readonly kind: "persistent program"; readonly argv: readonly string[] };

/**
 * Reads the options that determine what does the jobs.
 *
 * @param options All options.
 * @returns What they say together.
 * @throws {UsageError} When they contradict each other, or the command cannot be split into arguments.
 */
export function workOf(options: OptionValues<typeof WORKER_PROGRAM.options>): Work {
  const { exec, shell, keep, frames, poisonExit } = options;
  if (exec === undefined) return { kind: "guide" };
  if (keep && frames === "body") {
    throw new UsageError('Option --frames cannot be "body" with --keep: a persistent program reads and writes JSON');
  }
  if (keep && poisonExit !== undefined) {
    throw new UsageError(
      "Option --poison-exit cannot be given with --keep: a persistent program answers bad input itself",
    );
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
 * Reads the options that determine how the Guide's worker misbehaves.
 *
 * @param options All options.
 * @returns What they say together.
 */
export function faultsOf(options: OptionValues<typeof WORKER_PROGRAM.options>): FaultOptions {
  if (options.noFaults) return NO_FAULTS;
  return {
    healthyJobs: options.healthyJobs,
    crashOdds: options.crashOdds,
    overloadOdds: options.overloadOdds,
  };
}
