/**
 * Options as the TypeScript API and the command lines share them: each is defined once, with its default and its limits.
 *
 * @module
 */

import { type EndpointUse, parseEndpoint } from "./endpoint.ts";
import { suggestionFor } from "./suggestion.ts";
import { type Duration, formatDuration, formatSize, parseDuration, parseSize, type Size } from "./units.ts";

/** A number between two limits, both included. A duration is in milliseconds, a size in bytes; both are whole. */
export interface NumberOption {
  readonly kind: "duration" | "size" | "integer" | "number";
  readonly defaultValue: number;
  readonly min: number;
  readonly max: number;
}

/** One of a few texts. */
export interface ChoiceOption<Choice extends string = string> {
  readonly kind: "choice";
  readonly defaultValue: Choice;
  readonly choices: readonly Choice[];
}

/** On or off. */
export interface SwitchOption {
  readonly kind: "switch";
  readonly defaultValue: boolean;
}

/** One or more endpoints. */
export interface EndpointsOption {
  readonly kind: "endpoints";
  readonly defaultValue: readonly string[];
  readonly use: EndpointUse;
}

/** What is known of an option. */
export type Option = NumberOption | ChoiceOption | SwitchOption | EndpointsOption;

/** What a caller may give for an option. */
export type OptionInput<O extends Option> = O extends { kind: "duration" } ? Duration
  : O extends { kind: "size" } ? Size
  : O extends NumberOption ? number
  : O extends ChoiceOption<infer Choice> ? Choice
  : O extends SwitchOption ? boolean
  : string | readonly string[];

/** What an option's value is once it has been read. */
export type OptionValue<O extends Option> = O extends NumberOption ? number
  : O extends ChoiceOption<infer Choice> ? Choice
  : O extends SwitchOption ? boolean
  : readonly string[];

/** The values of several options. */
export type OptionValuesOf<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]: OptionValue<Options[Name]>;
};

/**
 * Reads the options of a call.
 *
 * @param options The options that there are, by name.
 * @param given What the caller gave; a property that is `undefined` counts as left out.
 * @param action What the call does, for the errors' sentences, such as `start a queue`.
 * @param otherNames Further properties that are allowed, and not read here.
 * @returns The value of each option, the default where none was given.
 * @throws {TypeError} When a property is unknown, or a value is of the wrong type.
 * @throws {RangeError} When a value is wrong.
 */
export function readOptions<const Options extends Readonly<Record<string, Option>>>(
  options: Options,
  given: object,
  action: string,
  otherNames: readonly string[] = [],
): OptionValuesOf<Options> {
  const names = [...Object.keys(options), ...otherNames];
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const suggestion = suggestionFor(name, names);
    const advice = suggestion === undefined ? `there are ${names.join(", ")}` : `did you mean "${suggestion}"?`;
    throw new TypeError(`Cannot ${action} with the unknown option "${name}": ${advice}`);
  }
  const inputs = given as Readonly<Record<string, unknown>>;
  const values = Object.entries(options).map(([name, option]): [string, unknown] => {
    const input = inputs[name];
    return [name, input === undefined ? option.defaultValue : readOption(option, input, name, action)];
  });
  return Object.fromEntries(values) as OptionValuesOf<Options>;
}

/**
 * Reads one option of a call.
 *
 * @param option The option.
 * @param input What the caller gave.
 * @param name The option's name, for the errors' sentences.
 * @param action What the call does, for the errors' sentences.
 * @returns The value.
 * @throws {TypeError} When the input is of the wrong type.
 * @throws {RangeError} When the input is wrong.
 */
export function readOption<O extends Option>(option: O, input: unknown, name: string, action: string): OptionValue<O> {
  try {
    return parseInput(option, input) as OptionValue<O>;
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const message = `Cannot ${action} with ${name} ${shown(input)}: ${error.message}`;
    throw error instanceof TypeError ? new TypeError(message) : new RangeError(message);
  }
}

function parseInput(option: Option, input: unknown): unknown {
  switch (option.kind) {
    case "duration":
      return checked(option, parseQuantity(input, parseDuration, 'milliseconds, or a text such as "10s"'));
    case "size":
      return checked(option, parseQuantity(input, parseSize, 'bytes, or a text such as "64KiB"'));
    case "integer":
    case "number":
      if (typeof input !== "number") throw new TypeError("it must be a number");
      return checked(option, input);
    case "choice":
      if (typeof input === "string" && option.choices.includes(input)) return input;
      throw new RangeError(`it must be one of ${option.choices.join(", ")}`);
    case "switch":
      if (typeof input === "boolean") return input;
      throw new TypeError("it must be true or false");
    case "endpoints":
      return parseEndpoints(input, option.use);
  }
}

function parseQuantity(input: unknown, parse: (text: string) => number, kinds: string): number {
  if (typeof input === "number") return input;
  if (typeof input === "string") return parse(input);
  throw new TypeError(`it must be a number of ${kinds}`);
}

/**
 * Checks that a number is within an option's limits.
 *
 * @param option The option.
 * @param value The number.
 * @returns The same number.
 * @throws {RangeError} When it is not, with a phrase that says what is right.
 */
export function checked(option: NumberOption, value: number): number {
  const { kind, min, max } = option;
  if (value >= min && value <= max && (kind === "number" || Number.isInteger(value))) return value;
  switch (kind) {
    case "duration":
      throw new RangeError(`it must be whole milliseconds, from ${formatDuration(min)} to ${formatDuration(max)}`);
    case "size":
      throw new RangeError(`it must be whole bytes, from ${formatSize(min)} to ${formatSize(max)}`);
    default:
      throw new RangeError(
        `it must be ${kind === "integer" ? "a whole number" : "a number"} between ${min} and ${max}`,
      );
  }
}

function parseEndpoints(input: unknown, use: EndpointUse): readonly string[] {
  const endpoints: unknown = typeof input === "string" ? [input] : input;
  if (!Array.isArray(endpoints) || !endpoints.every((endpoint) => typeof endpoint === "string")) {
    throw new TypeError("it must be an endpoint or a list of endpoints");
  }
  if (endpoints.length === 0) throw new RangeError("it must name at least one endpoint");
  return endpoints.map((endpoint) => parseEndpoint(endpoint, use));
}

function shown(input: unknown): string {
  return typeof input === "number" ? `${input}` : JSON.stringify(input) ?? `${typeof input}`;
}
