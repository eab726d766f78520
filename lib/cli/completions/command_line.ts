/**
 * What completions know about a command line, the same for all shells.
 *
 * @module
 */

import { isList } from "../../option.ts";
import { HELP_OPTIONS } from "../help.ts";
import { flagOf, type OptionDescription, type OptionTable, placeholderOf, type Program } from "../program.ts";

/** What can stand in one place. */
export type Candidates =
  /** One of these words. */
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** A path, or the name of a program. */
  | { readonly kind: "file" | "folder" | "program" }
  /** Anything: nothing is offered. */
  | { readonly kind: "any" };

/** A flag. */
export interface Flag {
  /** With its dashes. */
  readonly flag: string;
  /** What it does, in one sentence without a full stop. */
  readonly help: string;
  /** Its value; `undefined` for a switch. */
  readonly value: { readonly placeholder: string; readonly candidates: Candidates } | undefined;
  /** Whether it can be given several times. */
  readonly isRepeatable: boolean;
}

/** A program, a subcommand, or the words with which several subcommands begin. */
export interface CommandLine {
  /** What follows the program's name, such as `key add`; empty for the program itself. */
  readonly words: string;
  /** Its flags. */
  readonly flags: readonly Flag[];
  /** Its arguments. */
  readonly arguments: readonly { readonly placeholder: string; readonly candidates: Candidates }[];
  /** The words that may follow to name a subcommand, and what each does. */
  readonly next: readonly { readonly word: string; readonly help: string }[];
}

/**
 * Lists a program's command lines: its own, those of its subcommands, and those with only the first words of one.
 *
 * @param program The program.
 */
export function commandLinesOf(program: Program<OptionTable>): CommandLine[] {
  const commands = [program, ...program.commands ?? []];
  const wordsByName = new Map(commands.map((command) => [command.name.slice(program.name.length + 1), command]));
  const prefixes = [...wordsByName.keys()].flatMap((words) =>
    words.split(" ").map((_, index, parts) => parts.slice(0, index + 1).join(" "))
  );
  return [...new Set(["", ...prefixes])].map((words) => {
    const command = wordsByName.get(words);
    return {
      words,
      flags: [...Object.entries(command?.options ?? {}).map(flagFrom), ...HELP_FLAGS],
      arguments: (command?.arguments ?? []).map(({ placeholder, candidates }) => ({
        placeholder,
        candidates: candidates === undefined ? candidatesOf(placeholder) : { kind: "words", words: candidates },
      })),
      next: nextWords(words, wordsByName),
    };
  });
}

const HELP_FLAGS: readonly Flag[] = HELP_OPTIONS.flatMap(([flags, meaning]) =>
  flags.map((flag) => ({ flag, help: firstSentence(meaning), value: undefined, isRepeatable: false }))
);

function flagFrom([name, option]: readonly [string, OptionDescription]): Flag {
  const placeholder = placeholderOf(option);
  const isChoice = option.kind === "choice" || option.kind === "choices";
  return {
    flag: `--${flagOf(name)}`,
    help: firstSentence(option.help),
    value: placeholder === undefined ? undefined : {
      placeholder,
      candidates: isChoice ? { kind: "words", words: option.choices } : wordOf(option) ?? candidatesOf(placeholder),
    },
    isRepeatable: isList(option),
  };
}

/** A word that may replace a number. */
function wordOf(option: OptionDescription): Candidates | undefined {
  const word = "word" in option ? option.word : undefined;
  return word === undefined ? undefined : { kind: "words", words: [word] };
}

function candidatesOf(placeholder: string): Candidates {
  switch (placeholder) {
    case "FILE":
      return { kind: "file" };
    case "DIR":
      return { kind: "folder" };
    case "COMMAND":
      return { kind: "program" };
    default:
      return { kind: "any" };
  }
}

function nextWords(
  words: string,
  commands: ReadonlyMap<string, Program<OptionTable>>,
): { readonly word: string; readonly help: string }[] {
  const prefix = words === "" ? "" : `${words} `;
  const followers = [...commands].filter(([name]) => name !== words && name.startsWith(prefix));
  const byWord = Map.groupBy(followers, ([name]) => name.slice(prefix.length).split(" ")[0]!);
  return [...byWord].map(([word, members]) => {
    const [[name, command]] = members as [[string, Program<OptionTable>]];
    const rest = members.map(([name]) => name.slice(prefix.length + word.length + 1)).join(", ");
    return { word, help: name === prefix + word ? firstSentence(command.summary[0]!) : `Commands: ${rest}` };
  });
}

/** The first sentence of a text, without its full stop. */
function firstSentence(text: string): string {
  return text.split(/\.(?:\s|$)/)[0]!;
}
