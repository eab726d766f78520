/**
 * Readers of options' values: numbers, durations, sizes, and words out of a list.
 *
 * @module
 */

import { formatDuration, formatSize, MAX_DURATION_MS, MAX_SIZE_BYTES, parseDuration, parseSize } from "../units.ts";

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
