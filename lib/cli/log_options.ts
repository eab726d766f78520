/**
 * The options that every program has for its log.
 *
 * @module
 */

import { group, type OptionTable, type OptionValues } from "./program.ts";
import { Log, LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import { standardError } from "../standard_error.ts";

/** `--log-format` and `--log-level`. */
export const LOG_OPTIONS = group("Log, on standard error", {
  logFormat: {
    kind: "choice",
    choices: LOG_FORMATS,
    defaultValue: "auto",
    help: "How log lines are written: as text or as JSON; auto: text on a terminal, JSON elsewhere.",
    variable: "SPQ_LOG_FORMAT",
  },
  logLevel: {
    kind: "choice",
    choices: LOG_LEVELS,
    defaultValue: "info",
    help: "The minimum level to log.",
    variable: "SPQ_LOG_LEVEL",
  },
}) satisfies OptionTable;

/**
 * Opens a program's log on standard error.
 *
 * @param options The program's options.
 */
export function openLog(options: OptionValues<typeof LOG_OPTIONS>): Log {
  return new Log(standardError(), { format: options.logFormat, level: options.logLevel });
}
