/**
 * The options that every program has for its log.
 *
 * @module
 */

import { type OptionTable, type OptionValues, valueOption } from "./program.ts";
import { oneOf } from "./values.ts";
import { Log, LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel, standardError } from "../log.ts";

/** Describes `--log-format` and `--log-level`. */
export const LOG_OPTIONS = {
  "log-format": valueOption<LogFormat>({
    help: "auto: text on a terminal, else JSON lines",
    placeholder: LOG_FORMATS.join("|"),
    variable: "SPQ_LOG_FORMAT",
    shownDefault: LOG_FORMATS[0],
    defaultValue: LOG_FORMATS[0],
  }, oneOf(LOG_FORMATS)),
  "log-level": valueOption<LogLevel>({
    help: "leave out what matters less",
    placeholder: LOG_LEVELS.join("|"),
    variable: "SPQ_LOG_LEVEL",
    shownDefault: LOG_LEVELS[0],
    defaultValue: LOG_LEVELS[0],
  }, oneOf(LOG_LEVELS)),
} satisfies OptionTable;

/**
 * Opens a program's log on standard error.
 *
 * @param options The program's options.
 */
export function openLog(options: OptionValues<typeof LOG_OPTIONS>): Log {
  return new Log(standardError(), { format: options["log-format"], level: options["log-level"] });
}
