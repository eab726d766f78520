/**
 * Describes a program's command line. Its options are in one table, from which parsing, checks, `--help`, man pages and
 * completions are made.
 *
 * An option is named once, by its property: `maxBacklog` is the flag `--max-backlog`.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import type { Option } from "../option.ts";

export type { OptionValues } from "../option.ts";

/** The version of all three programs. */
export const VERSION: string = config.version;

/** Exit codes, the same for every program. */
export const ExitCode = {
  /** Done, or drained with nothing left. */
  DONE: 0,
  /** Failed at run time. */
  FAILED: 1,
  /** Usage error. */
  USAGE: 2,
  /** The client got no reply after all tries. */
  NO_REPLY: 3,
  /** The queue that was asked has no workers. */
  NO_WORKERS: 4,
  /** The queue that was asked is paused or drains. */
  NOT_SERVING: 5,
  /** Ended by a signal: this plus the signal's number. */
  SIGNAL: 128,
} as const;

/** Texts of an option on the command line, besides its definition. */
export interface OptionTexts {
  /** What it does, for `--help`. */
  readonly help: string;
  /** Its heading in `--help`. */
  readonly group?: string;
  /** Its environment variable, if it has one. In the variable of a list, commas separate the values. */
  readonly variable?: string;
  /**
   * What its value is called in `--help`. Completions offer files for `FILE`, folders for `DIR`, and programs for `COMMAND`.
   *
   * @default the name of its kind, such as `DURATION`
   */
  readonly placeholder?: string;
  /**
   * What `--help` says about its default.
   *
   * @default the default, as a user would write it
   */
  readonly shownDefault?: string;
  /** Options of which one must be given with it. */
  readonly needsOneOf?: readonly string[];
  /** Whether other programs read its variable, too: then it may be set for them, where what it needs is not given. */
  readonly sharesVariable?: true;
  /** Options that cannot be given with it. */
  readonly excludes?: readonly string[];
}

/** An option of a program. */
export type OptionDescription = Option & OptionTexts;

/** A program's options by property name. */
export type OptionTable = Readonly<Record<string, OptionDescription>>;

/** An argument that a program takes besides its options. */
export interface ArgumentDescription {
  /** What it does, for `--help`. */
  readonly help: string;
  /** What it is called in `--help`, such as `TEXT`; completions offer what an option of that name would get. */
  readonly placeholder: string;
  /** What completions offer for it. */
  readonly candidates?: readonly string[];
  /** Whether it must be given. Optional arguments come after the required ones. */
  readonly isRequired?: true;
  /** Whether the last argument may be given several times. */
  readonly isRepeatable?: true;
  /** Options that cannot be given with it. */
  readonly excludes?: readonly string[];
}

/** A program, or a subcommand, as `--help` describes it. */
export interface Program<Table extends OptionTable> {
  /** The binary's name; for a subcommand, followed by its own: `spqueue key add`. */
  readonly name: string;
  /** What it is, in a few words, for the first line of its man page. Subcommands are on their program's page. */
  readonly tagline?: string;
  /** What it does, for `--help`; each text is a paragraph. */
  readonly summary: readonly string[];
  /** Its arguments in order, if it takes any. */
  readonly arguments?: readonly ArgumentDescription[];
  /** Its subcommands, if it has any. */
  readonly commands?: readonly Program<OptionTable>[];
  /** Its options. */
  readonly options: Table;
  /** Command lines to begin with, and what they do. */
  readonly examples?: ReadonlyArray<readonly [command: string, meaning: string]>;
  /** Exit codes and what they mean. */
  readonly exitCodes: ReadonlyArray<readonly [number | string, string]>;
  /** What it does on signals, for its man page. */
  readonly signals?: ReadonlyArray<readonly [signal: string, meaning: string]>;
  /** Environment variables that belong to no option, for its man page. */
  readonly environment?: ReadonlyArray<readonly [variable: string, meaning: string]>;
  /** The files that it reads or writes, for its man page. */
  readonly files?: ReadonlyArray<readonly [path: string, meaning: string]>;
}

/** A usage error: the message says what is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** A stable word for programs. */
  readonly code = "USAGE";
}

/**
 * Shows the arguments of a program, for its usage line.
 *
 * @param program The program.
 * @returns Such as `ROLE NAME`, `[TEXT]` or `[ADDRESS...]`; empty if it takes none.
 */
export function argumentsOf({ arguments: descriptions = [] }: Program<OptionTable>): string {
  return descriptions.map(({ placeholder, isRequired, isRepeatable }) => {
    const name = `${placeholder}${isRepeatable ? "..." : ""}`;
    return isRequired ? name : `[${name}]`;
  }).join(" ");
}

/**
 * Puts options under a heading in `--help`.
 *
 * @param heading The heading.
 * @param options The options.
 * @returns The same options, with their group.
 */
export function group<const Table extends OptionTable>(
  heading: string,
  options: Table,
): { readonly [Name in keyof Table]: Table[Name] & { readonly group: string } } {
  const entries = Object.entries(options).map(([name, option]) => [name, { ...option, group: heading }]);
  return Object.fromEntries(entries);
}

/**
 * Makes an option's flag from its name.
 *
 * @param name The property name, such as `maxBacklog`.
 * @returns The flag without its dashes, such as `max-backlog`.
 */
export function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Returns the name of an option's value in `--help`.
 *
 * @param option The option.
 * @returns Such as `DURATION`; `undefined` for a switch, which takes no value.
 */
export function placeholderOf(option: OptionDescription): string | undefined {
  if (option.placeholder !== undefined) return option.placeholder;
  switch (option.kind) {
    case "duration":
    case "size":
      return option.kind.toUpperCase();
    case "integer":
    case "number":
      return option.word === undefined ? "N" : `N|${option.word}`;
    case "choice":
      return option.choices.join("|");
    case "choices":
      return "NAME";
    case "endpoints":
      return "ENDPOINT";
    case "text":
    case "texts":
      return "TEXT";
    case "switch":
      return undefined;
  }
}
