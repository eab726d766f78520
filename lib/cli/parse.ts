/**
 * Reads a program's arguments and variables as its table says.
 *
 * A flag wins over its environment variable, which wins over the default.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type OptionDescription, type OptionTable, type OptionValues, type Program, UsageError } from "./program.ts";
import { suggestionFor } from "../suggestion.ts";

/** What a program was called with. */
export interface CommandLine<Table extends OptionTable> {
  /** The value of each option. */
  readonly options: OptionValues<Table>;
  /** The argument, if there is one. */
  readonly argument: string | undefined;
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
  const suggestion = suggestionFor(name, ["help", "version", ...names]);
  throw new UsageError(`Unknown option "${word}"${suggestion === undefined ? "" : `, did you mean --${suggestion}?`}`);
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
