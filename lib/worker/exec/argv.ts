/**
 * Splits a command line into the program and its arguments, without a shell.
 *
 * @module
 */

// shlex: quoting rules are easy to get wrong; of the libraries tried it alone refuses no word and no open quote silently.
import { split } from "shlex";

/** Who reads a command line; `none` splits it at blanks and knows quotes and backslashes, `sh` can do all a shell can. */
export type Shell = "none" | "sh";

/** What is quoted or escaped. */
const QUOTED = /\\[^]|'[^']*'|"(?:\\[^]|[^"\\])*"/g;

/** What quotes left open, or nothing to escape, look like among the rest. */
const LEFT_OPEN = /["']|\\$/;

/** Operators, expansions, patterns; a comment or a home folder where a word begins; a variable set first. */
const SHELL_SYNTAX = /[|&;<>()$`*?[\n]|(?<=^|\s)[#~]|(?<=^\s*)\w+=/;

/**
 * Splits a command line into words.
 *
 * @param text The command line, such as `convert - -resize '50%' png:-`.
 * @param shell Who reads it.
 * @returns The program and its arguments, at least one word.
 * @throws {RangeError} When it is empty, a quote is left open, or it needs a shell and has none; with a phrase that says
 * what is right.
 */
export function parseArgv(text: string, shell: Shell): string[] {
  if (text.trim() === "") throw new RangeError("it must name a program");
  if (shell === "sh") return ["/bin/sh", "-c", text];
  const doubleQuoted = text.match(QUOTED)?.filter((part) => part.startsWith('"')).join("") ?? "";
  const [expansion] = /[$`]/.exec(doubleQuoted) ?? [];
  if (expansion !== undefined) {
    throw new RangeError(
      `${JSON.stringify(expansion)} in double quotes is for a shell: use single ones, or add --shell`,
    );
  }
  // A letter in their place keeps words apart as they are.
  const rest = text.replace(QUOTED, "q");
  if (LEFT_OPEN.test(rest)) throw new RangeError("a quote or a backslash at its end is left open");
  const [syntax] = SHELL_SYNTAX.exec(rest) ?? [];
  if (syntax !== undefined) throw new RangeError(`${JSON.stringify(syntax)} is for a shell: quote it, or add --shell`);
  const words = split(text);
  if (words[0] === "") throw new RangeError("it must name a program");
  return words;
}
