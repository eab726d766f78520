/**
 * Durations and sizes in human notation: `250ms`, `10s`, `64KiB`.
 *
 * @module
 */

const MS_BY_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const BYTES_BY_UNIT: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** The longest time that a timer can take: 2^31 - 1 ms, rounded down to hours. */
export const MAX_DURATION_MS = 596 * 3_600_000;
/** More memory than any machine has. */
export const MAX_SIZE_BYTES = 1024 ** 4;

/** A duration: milliseconds, or text with a unit, such as `"250ms"` or `"10s"`. */
export type Duration = number | string;

/** A size: bytes, or text with a unit, such as `"64KiB"` or `"256MiB"`. */
export type Size = number | string;

/**
 * Reads a duration.
 *
 * @param text A number with a unit, `ms`, `s`, `m` or `h`; or `0`.
 * @returns Whole milliseconds.
 * @throws {RangeError} When the text is not a duration. The message is a phrase that says what a duration looks like.
 */
export function parseDuration(text: string): number {
  const value = text === "0" ? 0 : parseQuantity(text, MS_BY_UNIT);
  if (value === undefined) throw new RangeError('a duration is a number with a unit, such as "250ms", "10s", "5m"');
  return Math.round(value);
}

/**
 * Reads a size.
 *
 * @param text A number of bytes, or a number with a unit: `KiB`, `MiB`, `GiB`, `KB`, `MB`, `GB`.
 * @returns Whole bytes.
 * @throws {RangeError} When the text is not a size. The message is a phrase that says what a size looks like.
 */
export function parseSize(text: string): number {
  const value = parseQuantity(text, BYTES_BY_UNIT);
  if (value === undefined) {
    throw new RangeError('a size is a number of bytes or one with a unit, such as "64KiB", "256MiB"');
  }
  return Math.round(value);
}

/**
 * Writes a duration in the notation that {@linkcode parseDuration} reads.
 *
 * @param ms Milliseconds.
 */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, MS_BY_UNIT);
}

/**
 * Writes a size in the notation that {@linkcode parseSize} reads.
 *
 * @param bytes Whole bytes.
 */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 });
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text);
  if (match === null || !Object.hasOwn(units, match[2]!)) return undefined;
  return Number(match[1]) * units[match[2]!]!;
}

function formatQuantity(value: number, units: Readonly<Record<string, number>>): string {
  if (value === 0) return "0";
  // Use the largest unit that gives a whole number.
  const [unit, factor] = Object.entries(units).filter(([, factor]) => value % factor === 0).at(-1) ??
    Object.entries(units)[0]!;
  return `${value / factor}${unit}`;
}
