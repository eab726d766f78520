/**
 * What a program's command line consists of: its options in one table, from which parsing, checks and `--help` come.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** The version of all three programs. */
export const VERSION: string = config.version;

/** Exit codes, the same for every program. */
export const ExitCode = {
  /** Done, or drained with nothing left. */
  DONE: 0,
  /** Failed at run time. */
  FAILED: 1,
  /** Called wrongly. */
  USAGE: 2,
  /** The client got no reply after all tries. */
  NO_REPLY: 3,
  /** Ended at once by a second signal: this plus the signal's number. */
  SIGNAL: 128,
} as const;

/** One option of a program. */
export interface OptionDescription<T> {
  /** What it does, for `--help`. */
  readonly help: string;
  /** The value's kind as `--help` shows it, such as `DURATION`; an option without one is a switch. */
  readonly placeholder?: string;
  /** Its environment variable, if it has one. */
  readonly variable?: string;
  /** Whether it may be given several times (in the variable: separated by commas). */
  readonly isRepeatable?: boolean;
  /** The default as a user would write it, for `--help`. */
  readonly shownDefault?: string;
  /** The default. */
  readonly defaultValue: T;
  /** Names of options one of which has to be given with it. */
  readonly needsOneOf?: readonly string[];
  /** Names of options that cannot be given with it. */
  readonly excludes?: readonly string[];
  /**
   * Reads the values given, at least one; a switch gets `"true"`.
   *
   * @throws {RangeError} When one is wrong, with a phrase that says what is right.
   */
  readonly parse: (values: readonly string[]) => T;
}

/** A program's options by flag name, without the dashes. */
// deno-lint-ignore no-explicit-any -- each option has a type of its own, which OptionValues recovers
export type OptionTable = Readonly<Record<string, OptionDescription<any>>>;

/** The values of a table's options. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends OptionDescription<infer T> ? T : never;
};

/** The argument that a program may take besides its options. */
export interface ArgumentDescription {
  /** What it does, for `--help`. */
  readonly help: string;
  /** Its kind as `--help` shows it, such as `TEXT`. */
  readonly placeholder: string;
  /** Names of options that cannot be given with it. */
  readonly excludes?: readonly string[];
}

/** A program, as `--help` describes it. */
export interface Program<Table extends OptionTable> {
  /** The binary's name. */
  readonly name: string;
  /** What it does, a sentence or two. */
  readonly summary: string;
  /** The one argument that it takes, if it takes one; it can always be left out. */
  readonly argument?: ArgumentDescription;
  /** Its options. */
  readonly options: Table;
  /** Exit codes and what they mean. */
  readonly exitCodes: ReadonlyArray<readonly [number | string, string]>;
}

/** The program was called wrongly; the message says how, and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** A stable word for programs. */
  readonly code = "USAGE";
}

/**
 * Describes an option that takes one value.
 *
 * @param description What else there is to say of it.
 * @param parseValue Reads the value; throws a RangeError with a phrase that says what is right.
 */
export function valueOption<T>(
  description: Omit<OptionDescription<T>, "parse" | "isRepeatable"> & { readonly placeholder: string },
  parseValue: (text: string) => T,
): OptionDescription<T> {
  return { ...description, parse: (values) => parseValue(values[0]!) };
}

/**
 * Describes an option that may be given several times.
 *
 * @param description What else there is to say of it.
 * @param parseValue Reads one value.
 */
export function listOption<T>(
  description: Omit<OptionDescription<readonly T[]>, "parse" | "isRepeatable"> & { readonly placeholder: string },
  parseValue: (text: string) => T,
): OptionDescription<readonly T[]> {
  return { ...description, isRepeatable: true, parse: (values) => values.map(parseValue) };
}

/**
 * Describes a switch, which takes no value and is off by default.
 *
 * @param help What it does.
 * @param variable Its environment variable, which is `1` or `true`, or `0` or `false`.
 */
export function switchOption(help: string, variable?: string): OptionDescription<boolean> {
  return {
    help,
    ...(variable === undefined ? {} : { variable }),
    defaultValue: false,
    parse: ([value]) => {
      if (value === "1" || value === "true") return true;
      if (value === "0" || value === "false") return false;
      throw new RangeError("a switch is 1 or 0");
    },
  };
}
