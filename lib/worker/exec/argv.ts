/**
 * Splits a command line into the program and its arguments, without a shell.
 *
 * @module
 */

// Quoting rules are easy to get wrong. Of the libraries tried, only shlex neither drops words nor ignores an open
// quote.
import { split } from "shlex";

/** The POSIX shell. */
export const SHELL = "/bin/sh";

/** Who interprets a command line: `sh` is the shell; `none` splits at spaces and understands quotes and backslashes. */
export type Shell = "none" | "sh";

/** Quoted or escaped text. */
const QUOTED = /\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"/g;

/** An unclosed quote, or a backslash at the end, outside quoted text. */
const LEFT_OPEN = /["']|\\$/;

/**
 * Syntax that only a shell understands: operators, expansions, patterns; `#` and `~` at the beginning of a word;
 * `NAME=` at the start.
 */
const SHELL_SYNTAX = /[|&;<>()$`*?[\n]|(?<=^|\s)[#~]|(?<=^\s*)\w+=/;

/**
 * Splits a command line into a program and its arguments.
 *
 * @param text The command line, such as `convert - -resize '50%' png:-`.
 * @param shell Who interprets it.
 * @returns The program and its arguments.
 * @throws {RangeError} When it is empty, has an unclosed quote, or needs a shell and there is none. The message is a
 * phrase that says what is right.
 */
export function parseArgv(text: string, shell: Shell): string[] {
  if (text.trim() === "") throw new RangeError("it must name a program");
  if (shell === "sh") return [SHELL, "-c", text];
  const doubleQuoted = text.match(QUOTED)?.filter((part) => part.startsWith('"')).join("") ?? "";
  const [expansion] = /[$`]/.exec(doubleQuoted) ?? [];
  if (expansion !== undefined) {
    throw new RangeError(
      `${JSON.stringify(expansion)} in double quotes is shell syntax: use single quotes, or add --shell`,
    );
  }
  // A letter in place of the quoted text keeps the words apart.
  const rest = text.replace(QUOTED, "q");
  if (LEFT_OPEN.test(rest)) throw new RangeError("it has an unclosed quote, or ends with a backslash");
  const [syntax] = SHELL_SYNTAX.exec(rest) ?? [];
  if (syntax !== undefined) throw new RangeError(`${JSON.stringify(syntax)} is shell syntax: quote it, or add --shell`);
  const argv = split(text);
  if (argv[0] === "") throw new RangeError("it must name a program");
  return argv;
}
