/**
 * The option that every program has for its log.
 *
 * @module
 */

import { oneOf, type OptionDescription, valueOption } from "./command_line.ts";
import { LOG_FORMATS, type LogFormat } from "./log.ts";

/** Describes `--log-format`. */
export function logFormatOption(): OptionDescription<LogFormat> {
  return valueOption<LogFormat>({
    help: "auto: text on a terminal, else JSON lines",
    placeholder: LOG_FORMATS.join("|"),
    variable: "SPQ_LOG_FORMAT",
    shownDefault: LOG_FORMATS[0],
    defaultValue: LOG_FORMATS[0],
  }, oneOf(LOG_FORMATS));
}
