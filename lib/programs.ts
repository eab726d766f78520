/**
 * What concerns all three programs: how each of them starts its log.
 *
 * @module
 */

import { denoWarning } from "./cli/deno_version.ts";
import { environmentNames } from "./cli/environment.ts";
import { type LOG_OPTIONS, openLog } from "./cli/log_options.ts";
import type { OptionTable, OptionValues, Program } from "./cli/program.ts";
import { findUnknownVariables, VARIABLE_PREFIX, variablesOf } from "./cli/unknown_variables.ts";
import type { EventLog } from "./log.ts";
import { LIBRARY_VARIABLE } from "./zmq/library.ts";

/** Loads the command lines of all three programs, which a program rarely needs. */
export async function loadPrograms(): Promise<readonly Program<OptionTable>[]> {
  const [{ QUEUE_PROGRAM }, { WORKER_PROGRAM }, { CLIENT_PROGRAM }] = await Promise.all([
    import("./queue/options.ts"),
    import("./worker/options.ts"),
    import("./client/options.ts"),
  ]);
  return [QUEUE_PROGRAM, WORKER_PROGRAM, CLIENT_PROGRAM];
}

/**
 * Opens a program's log, and warns of what may go wrong without being noticed: environment variables that no program knows,
 * and a Deno with known faults.
 *
 * @param program The program.
 * @param options Its options.
 * @returns The log.
 */
export async function startLog(
  program: Program<OptionTable>,
  options: OptionValues<typeof LOG_OPTIONS>,
): Promise<EventLog> {
  const log = openLog(options);
  const warning = denoWarning(Deno.version.deno, Deno.build.standalone);
  if (warning !== undefined) log.warning(warning.event, warning.fields);
  for (const fields of await unknownVariables(program)) log.warning("unknown environment variable", fields);
  return log;
}

async function unknownVariables(program: Program<OptionTable>): Promise<{ name: string; didYouMean?: string }[]> {
  const names = environmentNames().filter((name) => name.startsWith(VARIABLE_PREFIX));
  const own = new Set([...variablesOf(program), LIBRARY_VARIABLE]);
  if (names.every((name) => own.has(name))) return [];
  // They may be meant for another program, or for all.
  const programs = await loadPrograms();
  return findUnknownVariables(names, [LIBRARY_VARIABLE, ...programs.flatMap(variablesOf)]);
}
