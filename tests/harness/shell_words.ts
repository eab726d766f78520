/**
 * Splits the shell commands of documents into words.
 *
 * @module
 */

import { split } from "shlex";

/** A command of a line: its words, without redirections. */
export interface ShellCommand {
  /** Variables that are set only for it. */
  readonly variables: Readonly<Record<string, string>>;
  /** The program, and its arguments. */
  readonly words: readonly string[];
}

/** Separators of commands. */
const BETWEEN: readonly string[] = ["|", "&&", "||", ";", "&"];

/**
 * Splits lines of shell commands. Comments are left out, and a backslash continues a line.
 *
 * @param text The lines.
 */
export function shellCommands(text: string): ShellCommand[] {
  const lines = text.replaceAll(/\\\n\s*/g, " ").split("\n");
  return lines.flatMap((line) => commandsOf(line.replace(/(^|\s)#\s.*$/, "").trim())).filter(({ words }) =>
    words.length > 0
  );
}

function commandsOf(line: string): ShellCommand[] {
  const commands: string[][] = [[]];
  // After this, everything that a shell treats as a separate word is surrounded by spaces, unless it is quoted.
  const spaced = line.replaceAll(/<\(([^)]*)\)/g, " ; $1").replaceAll(
    /'[^']*'|"[^"]*"|\|\||&&|[|;&]|\d?>&\d|\d?>>?|</g,
    (part) => /^['"]/.test(part) ? part : ` ${part} `,
  );
  let isTarget = false;
  for (const word of split(spaced)) {
    if (isTarget) isTarget = false;
    else if (/^\d?(>>?|<)$/.test(word)) isTarget = true;
    else if (/^\d?>&\d$/.test(word)) continue;
    else if (BETWEEN.includes(word)) commands.push([]);
    else commands.at(-1)!.push(word);
  }
  return commands.map((words) => {
    const first = words.findIndex((word) => !/^\w+=/.test(word));
    const assignments = words.slice(0, first < 0 ? words.length : first);
    return {
      variables: Object.fromEntries(assignments.map((word) => word.split(/=(.*)/s).slice(0, 2))),
      words: words.slice(assignments.length),
    };
  });
}
