/**
 * The options that the TypeScript API and the command lines share. Each is defined once, with its default and limits.
 * The same checks and messages apply whether it is read from a property, a flag or a variable.
 *
 * @module
 */

import { completeEndpoint, type EndpointUse, parseEndpoint } from "./endpoint.ts";
import { suggestionFor } from "./suggestion.ts";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

/** A number between two inclusive limits. A duration is in whole milliseconds, a size in whole bytes. */
export interface NumberOption {
  /** What kind of number. */
  readonly kind: "duration" | "size" | "integer" | "number";
  /** The default. */
  readonly defaultValue: number | string | undefined;
  /** The smallest value allowed. */
  readonly min: number;
  /** The largest value allowed. */
  readonly max: number;
  /** A word that may replace the number, such as `auto`. */
  readonly word?: string;
}

/** One of several texts (`choice`), or a list of them (`choices`). */
export interface ChoiceOption {
  /** One or a list. */
  readonly kind: "choice" | "choices";
  /** The default. */
  readonly defaultValue: string | readonly string[] | undefined;
  /** The texts allowed. */
  readonly choices: readonly string[];
}

/** On or off. */
export interface SwitchOption {
  /** A switch. */
  readonly kind: "switch";
  /** The default. */
  readonly defaultValue: boolean;
}

/** One or more endpoints. */
export interface EndpointsOption {
  /** A list of endpoints. */
  readonly kind: "endpoints";
  /** The default. */
  readonly defaultValue: readonly string[];
  /** What the endpoints are for. */
  readonly use: EndpointUse;
  /** The default port of an endpoint to connect to. If there is one, endpoints may also lack `tcp://`. */
  readonly port?: number;
}

/** A text (`text`), or a list of texts (`texts`). */
export interface TextOption {
  /** One or a list. */
  readonly kind: "text" | "texts";
  /** The default. */
  readonly defaultValue: unknown;
  /**
   * Converts the text.
   *
   * @throws {RangeError} When the text is wrong. The message is a phrase that says what is right.
   * @default the value is the text
   */
  readonly parse?: (text: string) => unknown;
}

/** An option. */
export type Option = NumberOption | ChoiceOption | SwitchOption | EndpointsOption | TextOption;

/** The value of an option. */
export type OptionValue<O extends Option> =
  | (O extends { readonly kind: "text"; readonly parse: (text: string) => infer Value } ? Value
    : O extends { readonly kind: "texts"; readonly parse: (text: string) => infer Value } ? readonly Value[]
    : O extends { readonly kind: "text" } ? string
    : O extends { readonly kind: "texts" } ? readonly string[]
    : O extends NumberOption ? number | (O extends { readonly word: infer Word } ? Word : never)
    : O extends { readonly kind: "choice"; readonly choices: readonly (infer Choice)[] } ? Choice
    : O extends { readonly kind: "choices"; readonly choices: readonly (infer Choice)[] } ? readonly Choice[]
    : O extends SwitchOption ? boolean
    : readonly string[])
  | (O extends { readonly defaultValue: undefined } ? undefined : never);

/** The values of several options, by name. */
export type OptionValues<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]: OptionValue<Options[Name]>;
};

/**
 * Reads the options object of an API call.
 *
 * @param options The options that exist, by name.
 * @param given What the caller passed; a property that is `undefined` counts as left out.
 * @param call The call, for the error message, such as `startQueue()`.
 * @param otherNames Further properties that are allowed but not read here.
 * @returns The value of each option, the default where none was given.
 * @throws {TypeError} When a property does not exist, or a value has the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function readOptions<const Options extends Readonly<Record<string, Option>>>(
  options: Options,
  given: object,
  call: string,
  otherNames: readonly string[] = [],
): OptionValues<Options> {
  const names = [...Object.keys(options), ...otherNames];
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const suggestion = suggestionFor(name, names);
    const hint = suggestion === undefined ? `: the options are ${names.join(", ")}` : `, did you mean "${suggestion}"?`;
    throw new TypeError(`Unknown option "${name}" of ${call}${hint}`);
  }
  const inputs = given as Readonly<Record<string, unknown>>;
  const values = Object.entries(options).map(([name, option]): [string, unknown] => {
    const input = inputs[name];
    return [name, input === undefined ? option.defaultValue : readOption(option, input, name)];
  });
  return Object.fromEntries(values) as OptionValues<Options>;
}

/**
 * Selects those of a program's options that an API call takes.
 *
 * @param options The options of the call, by name.
 * @param values The values of the program's options.
 * @returns The values of the options that both have.
 */
export function selectOptions<Options extends object, Values extends object>(
  options: Options,
  values: Values,
): Pick<Values, keyof Options & keyof Values> {
  const entries = Object.entries(values).filter(([name]) => Object.hasOwn(options, name));
  return Object.fromEntries(entries) as Pick<Values, keyof Options & keyof Values>;
}

/**
 * Reads one option of an API call.
 *
 * @param option The option.
 * @param input What the caller passed.
 * @param name The option's name, for the error message.
 * @returns The value.
 * @throws {TypeError} When the input has the wrong type.
 * @throws {RangeError} When the input is wrong.
 */
export function readOption<O extends Option>(option: O, input: unknown, name: string): OptionValue<O> {
  const subject = `Option ${name}`;
  if (!isList(option)) return checked(subject, input, () => parseInput(option, input)) as OptionValue<O>;
  const items: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (items.length === 0) throw new RangeError(`${subject} cannot be []: it needs at least one value`);
  return items.map((item) => checked(subject, item, () => parseInput(option, item))) as OptionValue<O>;
}

/**
 * Reads one option of a command line.
 *
 * @param option The option.
 * @param texts What its flag or variable gave: exactly one text, or at least one if the option is a list.
 * @param subject The flag or variable, for the error message, such as `Option --timeout`.
 * @returns The value.
 * @throws {RangeError} When a text is wrong.
 */
export function readTexts<O extends Option>(option: O, texts: readonly string[], subject: string): OptionValue<O> {
  const values = texts.map((text) => checked(subject, text, () => parseText(option, text)));
  return (isList(option) ? values : values[0]) as OptionValue<O>;
}

/**
 * Says whether an option's value is a list.
 *
 * @param option The option.
 */
export function isList(option: Option): boolean {
  return option.kind === "endpoints" || option.kind === "choices" || option.kind === "texts";
}

/** Completes an error's phrase to a sentence that says which value was wrong. */
function checked<T>(subject: string, input: unknown, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const message = `${subject} cannot be ${shown(input)}: ${error.message}`;
    throw error instanceof TypeError ? new TypeError(message) : new RangeError(message);
  }
}

function parseInput(option: Option, input: unknown): unknown {
  switch (option.kind) {
    case "duration":
      if (typeof input === "number") return withinLimits(option, input);
      return parseText(option, stringFrom(input, 'it must be a number of milliseconds, or text such as "10s"'));
    case "size":
      if (typeof input === "number") return withinLimits(option, input);
      return parseText(option, stringFrom(input, 'it must be a number of bytes, or text such as "64KiB"'));
    case "integer":
    case "number":
      if (typeof input === "number") return withinLimits(option, input);
      if (option.word !== undefined && input === option.word) return input;
      throw new TypeError(limitsOf(option, input));
    case "switch":
      if (typeof input === "boolean") return input;
      throw new TypeError("it must be true or false");
    default:
      return parseText(option, stringFrom(input, "it must be text"));
  }
}

function stringFrom(input: unknown, phrase: string): string {
  if (typeof input === "string") return input;
  throw new TypeError(phrase);
}

function parseText(option: Option, text: string): unknown {
  switch (option.kind) {
    case "duration":
      return withinLimits(option, parseDuration(text));
    case "size":
      return withinLimits(option, parseSize(text));
    case "integer":
    case "number":
      if (text === option.word) return text;
      return withinLimits(option, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
    case "choice":
    case "choices":
      if (option.choices.includes(text)) return text;
      throw new RangeError(`it must be one of ${option.choices.join(", ")}`);
    case "switch":
      if (text === "1" || text === "true") return true;
      if (text === "0" || text === "false") return false;
      throw new RangeError("it must be 1 or 0");
    case "endpoints":
      return parseEndpoint(option.port === undefined ? text : completeEndpoint(text, option.port), option.use);
    case "text":
    case "texts":
      return option.parse === undefined ? text : option.parse(text);
  }
}

function withinLimits(option: NumberOption, value: number): number {
  const { kind, min, max } = option;
  if (value >= min && value <= max && (kind === "number" || Number.isInteger(value))) return value;
  throw new RangeError(limitsOf(option, value));
}

/** Says what a number must be, as briefly as the wrong value allows. */
function limitsOf(option: NumberOption, value: unknown): string {
  const { kind, min, max, word } = option;
  const isFraction = typeof value === "number" && Number.isFinite(value) && !Number.isInteger(value);
  switch (kind) {
    case "duration":
      return isFraction
        ? "it must be whole milliseconds"
        : `it must be between ${formatDuration(min)} and ${formatDuration(max)}`;
    case "size":
      return isFraction ? "it must be whole bytes" : `it must be between ${formatSize(min)} and ${formatSize(max)}`;
    default: {
      const range = max >= Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` between ${min} and ${max}`;
      const type = kind === "integer" ? "a whole number" : "a number";
      return `it must be ${type}${range}${word === undefined ? "" : `, or ${word}`}`;
    }
  }
}

function shown(input: unknown): string {
  if (typeof input === "number" || typeof input === "bigint") return `${input}`;
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return "an object";
  // A password in a URL, which belongs in a file, must not end up in a log.
  return JSON.stringify(input)?.replace(/(?<=\/\/)[^/@]*@/g, "...@") ?? `a ${typeof input}`;
}
