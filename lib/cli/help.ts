/**
 * A program's `--help`.
 *
 * @module
 */

import { type OptionTable, type Program, VERSION } from "./program.ts";

/**
 * Writes a program's `--help`.
 *
 * @param program The program.
 * @returns The text, with a line feed at its end.
 */
export function helpText(program: Program<OptionTable>): string {
  const { argument } = program;
  const rows = Object.entries(program.options).map(([name, option]): [string, string] => {
    const left = `--${name}${option.placeholder === undefined ? "" : ` ${option.placeholder}`}`;
    const notes = [
      option.shownDefault === undefined ? undefined : `default ${option.shownDefault}`,
      option.isRepeatable === true ? "repeatable" : undefined,
      option.variable === undefined ? undefined : `env ${option.variable}`,
    ].filter((note) => note !== undefined);
    return [left, option.help + (notes.length > 0 ? ` [${notes.join("; ")}]` : "")];
  });
  rows.push(["--help", "print this text and exit"], ["--version", "print the version and exit"]);
  const width = Math.max(...rows.map(([left]) => left.length));
  const options = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  const codes = program.exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(5)}  ${meaning}`);
  return [
    `${program.name} ${VERSION}`,
    program.summary,
    "",
    `Usage: ${program.name} [OPTIONS]${argument === undefined ? "" : ` [${argument.placeholder}]`}`,
    "",
    ...(argument === undefined ? [] : ["Argument:", `  ${argument.placeholder.padEnd(width)}  ${argument.help}`, ""]),
    "Options:",
    ...options,
    "",
    "Exit codes:",
    ...codes,
    "",
  ].join("\n");
}
