/**
 * Command lines: each program describes its options in one table, from which parsing, checks and `--help` come.
 *
 * A flag wins over its environment variable, which wins over the default.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import config from "../../deno.json" with { type: "json" };
import { writeAll } from "../log.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "../units.ts";

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

/** What a program was called with. */
export interface CommandLine<Table extends OptionTable> {
  /** The value of each option. */
  readonly options: OptionValues<Table>;
  /** The argument, if there is one. */
  readonly argument: string | undefined;
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

/**
 * Makes a reader of numbers.
 *
 * @param min The smallest that is right.
 * @param max The largest that is right.
 * @param kind `integer` for whole numbers only.
 */
export function numberBetween(min: number, max: number, kind: "integer" | "number"): (text: string) => number {
  return (text) => {
    const value = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (!(value >= min && value <= max) || (kind === "integer" && !Number.isInteger(value))) {
      const range = max >= Number.MAX_SAFE_INTEGER ? `${min} or more` : `between ${min} and ${max}`;
      throw new RangeError(`it must be ${kind === "integer" ? "a whole number" : "a number"}, ${range}`);
    }
    return value;
  };
}

/** The longest time that a timer can take: 2^31 - 1 ms, rounded down to hours. */
export const MAX_DURATION_MS = 596 * 3_600_000;
/** More than any machine has. */
export const MAX_SIZE_BYTES = 1024 ** 4;

/**
 * Makes a reader of durations.
 *
 * @param minMs The shortest that is right, in milliseconds.
 * @param maxMs The longest that is right, in milliseconds.
 */
export function durationBetween(minMs: number, maxMs: number = MAX_DURATION_MS): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms >= minMs && ms <= maxMs) return ms;
    throw new RangeError(`it must be between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`);
  };
}

/**
 * Reads a size of one byte or more.
 *
 * @param text As {@linkcode parseSize} takes it.
 * @returns Whole bytes.
 * @throws {RangeError} When it is none, or too small or large.
 */
export function parsePositiveSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes >= 1 && bytes <= MAX_SIZE_BYTES) return bytes;
  throw new RangeError(`it must be between 1 and ${formatSize(MAX_SIZE_BYTES)}`);
}

/**
 * Makes a reader of one of a few words.
 *
 * @param choices The words.
 */
export function oneOf<const Choice extends string>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((word) => word === text);
    if (choice === undefined) throw new RangeError(`it must be one of ${choices.join(", ")}`);
    return choice;
  };
}

/**
 * Reads a program's arguments: options, and its one argument if it takes one. After `--` nothing is an option.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param environment Reads an environment variable.
 * @returns The value of each option, and the argument.
 * @throws {UsageError} For an unknown option, a missing, superfluous, repeated or wrong value, options that do not go
 * together, or an argument that is not expected.
 */
export function parseCommandLine<Table extends OptionTable>(
  program: Program<Table>,
  args: readonly string[],
  environment: (name: string) => string | undefined,
): CommandLine<Table> {
  const names = Object.keys(program.options);
  const isSwitch = (name: string) => program.options[name]!.placeholder === undefined;
  const end = args.indexOf("--");
  if (end >= 0 && program.argument === undefined) {
    throw new UsageError('Unexpected argument "--": there is nothing but options');
  }
  const words = end < 0 ? args : args.slice(0, end);
  checkForm(program, words);
  const parsed = parseArgs(words, {
    string: ["_", ...names.filter((name) => !isSwitch(name))],
    boolean: names.filter(isSwitch),
    collect: names.filter((name) => !isSwitch(name)),
    unknown: (word) => word === "-" || !word.startsWith("-") || rejectOption(word, names),
  });
  const argument = onlyArgument(program, end < 0 ? parsed._ : [...parsed._, ...args.slice(end + 1)]);
  /** How each option was given that was. */
  const given = new Map<string, string>();
  const values = names.map((name): [string, unknown] => {
    const option = program.options[name]!;
    const flags = isSwitch(name) ? parsed[name] === true ? ["true"] : [] : parsed[name] as readonly string[] ?? [];
    const text = option.variable === undefined ? undefined : environment(option.variable);
    if (flags.length === 0 && (text === undefined || text === "")) return [name, option.defaultValue];
    const subject = flags.length > 0 ? `Option --${name}` : `Variable ${option.variable}`;
    given.set(name, subject);
    const texts = flags.length > 0 ? flags : option.isRepeatable === true ? text!.split(",") : [text!];
    return [name, parseOption(subject, option, texts)];
  });
  checkTogether(program, given, argument);
  return { options: Object.fromEntries(values) as OptionValues<Table>, argument };
}

/** Finds what parseArgs would let through: values of switches, switches given twice, options without their value. */
function checkForm(program: Program<OptionTable>, words: readonly string[]): void {
  const switchesGiven = new Set<string>();
  for (const [index, word] of words.entries()) {
    const [, name, equals] = /^--([^=]+)(=?)/.exec(word) ?? [];
    if (name === undefined || !Object.hasOwn(program.options, name)) continue;
    const { placeholder } = program.options[name]!;
    if (placeholder === undefined) {
      if (equals !== "") throw new UsageError(`Option --${name} takes no value, but "${word}" gives it one`);
      if (switchesGiven.has(name)) throw new UsageError(`Option --${name} can be given only once`);
      switchesGiven.add(name);
    } else if (equals === "" && (words[index + 1] ?? "-").startsWith("-")) {
      throw new UsageError(`Option --${name} needs a value: ${placeholder}`);
    }
  }
}

function rejectOption(word: string, names: readonly string[]): never {
  const name = word.replace(/^-+/, "").replace(/=.*$/s, "");
  const closest = closestString(name, ["help", "version", ...names]);
  // Where more than half of it is different it is not what was meant.
  const isLike = levenshteinDistance(name, closest) <= Math.max(1, Math.floor(closest.length / 2));
  throw new UsageError(`Unknown option "${word}"${isLike ? `, did you mean --${closest}?` : ""}`);
}

function onlyArgument(program: Program<OptionTable>, texts: readonly string[]): string | undefined {
  const [first, second] = texts;
  if (first !== undefined && program.argument === undefined) {
    throw new UsageError(`Unexpected argument "${first}": every option begins with --`);
  }
  if (second !== undefined) {
    throw new UsageError(
      `Unexpected argument "${second}": there can be one ${
        program.argument!.placeholder
      } only, in quotes if it has spaces`,
    );
  }
  return first;
}

/** Checks what options need and exclude; `given` says how each one was given. */
function checkTogether(
  program: Program<OptionTable>,
  given: ReadonlyMap<string, string>,
  argument: string | undefined,
): void {
  for (const [name, subject] of given) {
    const { needsOneOf, excludes = [] } = program.options[name]!;
    if (needsOneOf !== undefined && !needsOneOf.some((other) => given.has(other))) {
      const flags = needsOneOf.map((other) => `--${other}`).join(", ");
      throw new UsageError(`${subject} needs ${needsOneOf.length === 1 ? "" : "one of "}${flags}`);
    }
    checkExcluded(subject, excludes, given);
  }
  if (argument === undefined) return;
  checkExcluded(`Argument ${JSON.stringify(argument)}`, program.argument?.excludes ?? [], given);
}

function checkExcluded(subject: string, excludes: readonly string[], given: ReadonlyMap<string, string>): void {
  for (const name of excludes) {
    const other = given.get(name);
    if (other !== undefined) {
      throw new UsageError(`${subject} cannot be given with ${other.charAt(0).toLowerCase()}${other.slice(1)}`);
    }
  }
}

function parseOption(subject: string, option: OptionDescription<unknown>, texts: readonly string[]): unknown {
  if (texts.includes("")) throw new UsageError(`${subject} needs a value: ${option.placeholder}`);
  if (texts.length > 1 && option.isRepeatable !== true) {
    throw new UsageError(`${subject} can be given only once, but there are ${texts.length}: ${texts.join(", ")}`);
  }
  try {
    return option.parse(texts);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const shown = texts.map((text) => JSON.stringify(text)).join(", ");
    throw new UsageError(`${subject} cannot be ${shown}: ${error.message}`, { cause: error });
  }
}

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

/**
 * Runs a program: `--help` and `--version` first, then its arguments, then what it does; errors become one sentence on
 * standard error and an exit code. Ends the process.
 *
 * @param program The program.
 * @param main What it does with its options and its argument; resolves to the exit code.
 */
export async function runProgram<Table extends OptionTable>(
  program: Program<Table>,
  main: (options: OptionValues<Table>, argument: string | undefined) => Promise<number>,
): Promise<never> {
  const end = Deno.args.indexOf("--");
  const words = end < 0 ? Deno.args : Deno.args.slice(0, end);
  if (words.includes("--help")) {
    writeAll(Deno.stdout, helpText(program));
    Deno.exit(ExitCode.DONE);
  }
  if (words.includes("--version")) {
    writeAll(Deno.stdout, `${program.name} ${VERSION}\n`);
    Deno.exit(ExitCode.DONE);
  }
  try {
    const { options, argument } = parseCommandLine(program, Deno.args, (name) => Deno.env.get(name));
    Deno.exit(await main(options, argument));
  } catch (error) {
    if (error instanceof UsageError) {
      const sentence = error.message.endsWith("?") ? error.message : `${error.message}.`;
      writeAll(Deno.stderr, `${program.name}: ${sentence} Run "${program.name} --help" for all options.\n`);
      Deno.exit(ExitCode.USAGE);
    }
    // Errors with a code are of the world's making; any other is a defect, and its stack is wanted.
    const isExpected = error instanceof Error && "code" in error;
    const text = isExpected ? error.message : error instanceof Error ? error.stack ?? error.message : String(error);
    writeAll(Deno.stderr, `${program.name}: ${text}\n`);
    Deno.exit(ExitCode.FAILED);
  }
}
