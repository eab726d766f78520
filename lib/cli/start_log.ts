/**
 * How each of the three programs starts its log.
 *
 * @module
 */

import type { Log } from "../log.ts";
import { denoWarning } from "./deno_version.ts";
import { environmentNames } from "./environment.ts";
import { type LOG_OPTIONS, openLog } from "./log_options.ts";
import type { OptionValues } from "./program.ts";
import { findUnknownVariables } from "./unknown_variables.ts";
import { VARIABLES } from "./variables.ts";

/**
 * Opens a program's log, and warns of problems that might go unnoticed: environment variables that no program knows,
 * and a version of Deno with a known fault.
 *
 * @param options The program's options.
 * @returns The log.
 */
export function startLog(options: OptionValues<typeof LOG_OPTIONS>): Log {
  const log = openLog(options);
  const warning = denoWarning(Deno.version.deno, Deno.build.standalone);
  if (warning !== undefined) log.warning(warning.event, warning.fields);
  for (const { name, didYouMean } of findUnknownVariables(environmentNames(), VARIABLES)) {
    log.warning("unknown environment variable", didYouMean === undefined ? { name } : { name, didYouMean });
  }
  return log;
}
