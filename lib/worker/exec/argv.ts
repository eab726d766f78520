/**
 * Splits a command line into the program and its arguments, without a shell.
 *
 * @module
 */

// shlex: quoting rules are easy to get wrong; of the libraries tried only this one neither drops words nor ignores an open
// quote.
import { split } from "shlex";

/** The shell of POSIX. */
export const SHELL = "/bin/sh";

/** Who reads a command line: `sh` is the shell; `none` splits at spaces and knows quotes and backslashes. */
export type Shell = "none" | "sh";

/** What is quoted or escaped. */
const QUOTED = /\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"/g;

/** A quote that is not closed, or a backslash with nothing behind it, outside of what is quoted. */
const LEFT_OPEN = /["']|\\$/;

/** What only a shell understands: operators, expansions, patterns; `#` and `~` where a word begins; `NAME=` at the start. */
const SHELL_SYNTAX = /[|&;<>()$`*?[\n]|(?<=^|\s)[#~]|(?<=^\s*)\w+=/;

/**
 * Splits a command line into a program and its arguments.
 *
 * @param text The command line, such as `convert - -resize '50%' png:-`.
 * @param shell Who reads it.
 * @returns The program and its arguments.
 * @throws {RangeError} When it is empty, a quote is left open, or it needs a shell and there is none. The message is a phrase
 * that says what is right.
 */
export function parseArgv(text: string, shell: Shell): string[] {
  if (text.trim() === "") throw new RangeError("it must name a program");
  if (shell === "sh") return [SHELL, "-c", text];
  const doubleQuoted = text.match(QUOTED)?.filter((part) => part.startsWith('"')).join("") ?? "";
  const [expansion] = /[$`]/.exec(doubleQuoted) ?? [];
  if (expansion !== undefined) {
    throw new RangeError(
      `${JSON.stringify(expansion)} in double quotes is for a shell: use single ones, or add --shell`,
    );
  }
  // A letter in the place of what is quoted keeps the words apart.
  const rest = text.replace(QUOTED, "q");
  if (LEFT_OPEN.test(rest)) throw new RangeError("a quote or a backslash at its end is left open");
  const [syntax] = SHELL_SYNTAX.exec(rest) ?? [];
  if (syntax !== undefined) throw new RangeError(`${JSON.stringify(syntax)} is for a shell: quote it, or add --shell`);
  const argv = split(text);
  if (argv[0] === "") throw new RangeError("it must name a program");
  return argv;
}
