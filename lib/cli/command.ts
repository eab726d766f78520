/**
 * Subcommands, such as `spqueue key add`.
 *
 * @module
 */

import { suggestionFor } from "../suggestion.ts";
import { type OptionTable, type OptionValues, type Program, UsageError } from "./program.ts";

/**
 * What a program does with its options and its arguments; resolves to the exit code. A subcommand also gets the whole
 * program, in case it makes something from the program's tables. `sources` maps each option that was given to the flag
 * or variable that gave it.
 */
export type Main<Table extends OptionTable> = (
  options: OptionValues<Table>,
  args: readonly string[],
  program: Program<OptionTable>,
  sources: ReadonlyMap<string, string>,
) => Promise<number>;

/** A subcommand. */
export interface Command {
  /** Its command line; its name begins with the program's. */
  readonly program: Program<OptionTable>;
  /** Loads the subcommand's code, which the program does not need without it. */
  readonly load: () => Promise<Main<OptionTable>>;
}

/**
 * Describes a subcommand.
 *
 * @param program Its command line.
 * @param load Loads its code.
 */
export function command<Table extends OptionTable>(program: Program<Table>, load: () => Promise<Main<Table>>): Command {
  // Its values come from its own table, so they have that table's types.
  return { program, load: load as () => Promise<Main<OptionTable>> };
}

/** A command line's subcommand, and what follows its name. */
export interface FoundCommand {
  readonly command: Command;
  readonly args: readonly string[];
}

/**
 * Finds the subcommand that a command line begins with. A program that has subcommands takes no arguments itself.
 *
 * @param name The program's name.
 * @param commands Its subcommands.
 * @param args The arguments.
 * @returns The subcommand, or `undefined` when the command line is empty or begins with an option.
 * @throws {UsageError} When the first word, or the first two, name none of its subcommands.
 */
export function findCommand(
  name: string,
  commands: readonly Command[],
  args: readonly string[],
): FoundCommand | undefined {
  const wordsOf = ({ program }: Command) => program.name.slice(name.length + 1).split(" ");
  for (const command of commands) {
    const words = wordsOf(command);
    if (words.every((word, index) => word === args[index])) return { command, args: args.slice(words.length) };
  }
  const siblings = commands.map(wordsOf).filter(([first]) => first === args[0]).map((words) => words.join(" "));
  const [first, second] = args;
  if (siblings.length === 0) {
    if (commands.length > 0 && first !== undefined && !first.startsWith("-")) {
      throw unknownCommand(first, commands, name);
    }
    return undefined;
  }
  if (second === "--help" || second === "-h") return undefined;
  // Compared without the first word, which is the same in all of them.
  const lastWords = siblings.map((words) => words.slice(first!.length + 1));
  const suggestion = second === undefined ? undefined : suggestionFor(second, lastWords);
  if (suggestion !== undefined) {
    throw new UsageError(`Unknown command "${first} ${second}", did you mean "${first} ${suggestion}"?`);
  }
  const subject = second === undefined ? `Command "${first}" is incomplete` : `Unknown command "${first} ${second}"`;
  throw new UsageError(`${subject}: the commands are ${siblings.join(", ")}`);
}

function unknownCommand(word: string, commands: readonly Command[], name: string): UsageError {
  const firstWords = new Set(commands.map(({ program }) => program.name.slice(name.length + 1).split(" ")[0]!));
  const suggestion = suggestionFor(word, [...firstWords]);
  return new UsageError(
    `Unknown command "${word}"` +
      (suggestion === undefined
        ? `: the commands are ${[...firstWords].join(", ")}`
        : `, did you mean "${suggestion}"?`),
  );
}
