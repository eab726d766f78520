/**
 * Reads a program's arguments and environment variables according to its table.
 *
 * A flag takes precedence over its environment variable, and the variable over the default.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { isList, readTexts } from "../option.ts";
import { suggestionFor } from "../suggestion.ts";
import {
  argumentsOf,
  flagOf,
  type OptionDescription,
  type OptionTable,
  type OptionValues,
  placeholderOf,
  type Program,
  UsageError,
} from "./program.ts";

/** What a program was called with. */
export interface CommandLine<Table extends OptionTable> {
  /** The value of each option. */
  readonly options: OptionValues<Table>;
  /** The arguments. */
  readonly arguments: readonly string[];
  /** What gave each option that was given: its flag, such as `--timeout`, or its variable. */
  readonly sources: ReadonlyMap<string, string>;
}

/** An option with its flag. */
interface Flag {
  /** Without its dashes. */
  readonly flag: string;
  /** The property name. */
  readonly name: string;
  readonly option: OptionDescription;
  readonly isSwitch: boolean;
}

/**
 * Reads a program's command line: its options and its arguments. Everything after `--` is an argument.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param environment Reads an environment variable.
 * @returns The value of each option, and the arguments.
 * @throws {UsageError} For an unknown option, a missing, superfluous, repeated or wrong value, options that exclude
 * each other, or an unexpected or missing argument.
 */
export function parseCommandLine<Table extends OptionTable>(
  program: Program<Table>,
  args: readonly string[],
  environment: (name: string) => string | undefined,
): CommandLine<Table> {
  const flags = Object.entries(program.options).map(([name, option]): Flag => ({
    flag: flagOf(name),
    name,
    option,
    isSwitch: option.kind === "switch",
  }));
  const end = args.indexOf("--");
  if (end >= 0 && program.arguments === undefined) {
    throw new UsageError(`Unexpected argument "--": ${program.name} takes options only`);
  }
  const words = end < 0 ? args : args.slice(0, end);
  checkForm(flags, words);
  const valued = flags.filter(({ isSwitch }) => !isSwitch).map(({ flag }) => flag);
  const parsed = parseArgs(words, {
    string: ["_", ...valued],
    boolean: flags.filter(({ isSwitch }) => isSwitch).map(({ flag }) => flag),
    collect: valued,
    unknown: (word) => word === "-" || !word.startsWith("-") || rejectOption(word, flags),
  });
  const texts = end < 0 ? parsed._ : [...parsed._, ...args.slice(end + 1)];
  checkArguments(program, texts);
  /** Options that were not given are missing. */
  const given = new Map<string, Source>();
  const values = flags.map(({ flag, name, option, isSwitch }): [string, unknown] => {
    const inputs = isSwitch ? parsed[flag] === true ? ["1"] : [] : parsed[flag] as readonly string[] ?? [];
    const text = option.variable === undefined ? undefined : environment(option.variable);
    if (inputs.length === 0 && (text === undefined || text === "")) return [name, option.defaultValue];
    const source: Source = inputs.length > 0
      ? { kind: "Option", name: `--${flag}` }
      : { kind: "Variable", name: option.variable! };
    const value = parseOption(
      subjectOf(source),
      option,
      inputs.length > 0 ? inputs : isList(option) ? text!.split(",") : [text!],
    );
    // A switch that is off counts as not given.
    if (value !== false) given.set(name, source);
    return [name, value];
  });
  checkTogether(program, given, texts);
  const sources = new Map([...given].map(([name, source]) => [name, source.name]));
  return { options: Object.fromEntries(values) as OptionValues<Table>, arguments: texts, sources };
}

/** Finds what parseArgs would let through: values of switches, switches given twice, options without their value. */
function checkForm(flags: readonly Flag[], words: readonly string[]): void {
  const switchesGiven = new Set<string>();
  for (const [index, word] of words.entries()) {
    const [, flag, equals] = /^--([^=]+)(=?)/.exec(word) ?? [];
    const found = flags.find((known) => known.flag === flag);
    if (found === undefined) continue;
    if (found.isSwitch) {
      if (equals !== "") throw new UsageError(`Option --${flag} takes no value, but "${word}" gives it one`);
      if (switchesGiven.has(found.flag)) throw new UsageError(`Option --${flag} can be given only once`);
      switchesGiven.add(found.flag);
    } else if (equals === "" && isNoValue(words[index + 1])) {
      throw new UsageError(`Option --${flag} needs a value: ${placeholderOf(found.option)}`);
    }
  }
}

/** An empty one is what a script writes whose variable is not set; parseArgs would take it for an argument. */
function isNoValue(word = ""): boolean {
  return word === "" || word.startsWith("-");
}

function rejectOption(word: string, flags: readonly Flag[]): never {
  const flag = word.replace(/^-+/, "").replace(/=.*$/s, "");
  const suggestion = suggestionFor(flag, ["help", "version", ...flags.map(({ flag }) => flag)]);
  throw new UsageError(`Unknown option "${word}"${suggestion === undefined ? "" : `, did you mean --${suggestion}?`}`);
}

function checkArguments(program: Program<OptionTable>, texts: readonly string[]): void {
  const { name, arguments: descriptions } = program;
  if (descriptions === undefined) {
    if (texts.length > 0) throw new UsageError(`Unexpected argument "${texts[0]}": every option begins with --`);
    return;
  }
  const extra = texts[descriptions.length];
  if (extra !== undefined && descriptions.at(-1)?.isRepeatable !== true) {
    const advice = descriptions.length === 1
      ? `only one ${descriptions[0]!.placeholder} is allowed, in quotes if it has spaces`
      : `the arguments are ${argumentsOf(program)}`;
    throw new UsageError(`Unexpected argument "${extra}": ${advice}`);
  }
  const missing = descriptions.find(({ isRequired }, index) => isRequired && texts[index] === undefined);
  if (missing !== undefined) {
    throw new UsageError(`Argument ${missing.placeholder} is missing: call it as ${name} ${argumentsOf(program)}`);
  }
}

/** How an option was given. */
interface Source {
  readonly kind: "Option" | "Variable";
  /** Such as `--http`, or `SPQ_HTTP`. */
  readonly name: string;
}

/** The subject of an error's sentence. */
function subjectOf({ kind, name }: Source): string {
  return `${kind} ${name}`;
}

/** Checks which options need or exclude others. */
function checkTogether(
  program: Program<OptionTable>,
  given: ReadonlyMap<string, Source>,
  texts: readonly string[],
): void {
  for (const [name, source] of given) {
    const subject = subjectOf(source);
    const { needsOneOf, sharesVariable, excludes = [] } = program.options[name]!;
    const isForOthers = sharesVariable === true && source.kind === "Variable";
    if (needsOneOf !== undefined && !isForOthers && !needsOneOf.some((other) => given.has(other))) {
      const flags = needsOneOf.map((other) => `--${flagOf(other)}`).join(", ");
      throw new UsageError(`${subject} needs ${needsOneOf.length === 1 ? "" : "one of "}${flags}`);
    }
    checkExcluded(subject, excludes, given);
  }
  for (const [index, text] of texts.entries()) {
    checkExcluded(`Argument ${JSON.stringify(text)}`, program.arguments?.[index]?.excludes ?? [], given);
  }
}

function checkExcluded(subject: string, excludes: readonly string[], given: ReadonlyMap<string, Source>): void {
  for (const name of excludes) {
    const other = given.get(name);
    if (other !== undefined) {
      throw new UsageError(`${subject} cannot be given with ${other.kind.toLowerCase()} ${other.name}`);
    }
  }
}

function parseOption(subject: string, option: OptionDescription, texts: readonly string[]): unknown {
  if (texts.includes("")) throw new UsageError(`${subject} needs a value: ${placeholderOf(option)}`);
  if (texts.length > 1 && !isList(option)) {
    throw new UsageError(`${subject} can be given only once, but there are ${texts.length}: ${texts.join(", ")}`);
  }
  try {
    return readTexts(option, texts, subject);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
