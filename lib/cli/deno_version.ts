/**
 * The version of Deno that programs need when they run from source.
 *
 * @module
 */

import type { LogFields } from "../log.ts";

/**
 * The first version whose `deno task` passes on backticks in arguments. Older ones run the text between them as a
 * command.
 */
export const SOURCE_DENO = "2.8.0";

/**
 * Checks whether a version of Deno is too old to run the programs from source.
 *
 * @param version Its version.
 * @param isBinary Whether the program is compiled: then its arguments do not pass through `deno task`.
 * @returns The event to log, `undefined` if there is none.
 */
export function denoWarning(
  version: string,
  isBinary: boolean,
): { readonly event: string; readonly fields: LogFields } | undefined {
  if (isBinary || compareVersions(version, SOURCE_DENO) >= 0) return undefined;
  return {
    event: "Deno is too old: its tasks run text between backticks in an argument as a command",
    fields: { version, needed: `${SOURCE_DENO} or newer` },
  };
}

/**
 * Compares two versions by their three numbers.
 *
 * @returns Less than 0 when the first version is older.
 */
export function compareVersions(one: string, other: string): number {
  const [numbers, others] = [one, other].map((version) => version.split(/[.+-]/, 3).map(Number)) as [
    number[],
    number[],
  ];
  const index = numbers.findIndex((number, index) => number !== others[index]);
  return index < 0 ? 0 : numbers[index]! - others[index]!;
}
