/**
 * How the page formats numbers, times and addresses, in the reader's language.
 *
 * @module
 */

/** Shown instead of an unknown number. */
export const NOTHING = "–";

/** Writes numbers as the reader's language does. */
export class NumberFormat {
  readonly #whole: Intl.NumberFormat;
  readonly #one: Intl.NumberFormat;
  readonly #exact: Intl.NumberFormat;

  /** @param locale The reader's language; `undefined`: the browser's. */
  constructor(locale?: string) {
    this.#whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.#one = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    this.#exact = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
  }

  /** Writes a count. */
  count(value: number): string {
    return this.#whole.format(value);
  }

  /** Writes a number with all of its decimal places. */
  exact(value: number): string {
    return this.#exact.format(value);
  }

  /** Writes a rate, with a decimal place where it is small. */
  rate(value: number): string {
    return (value < 100 ? this.#one : this.#whole).format(value);
  }

  /**
   * Writes a duration, to about three digits.
   *
   * @param ms Milliseconds; `null`: it is not known.
   */
  duration(ms: number | null): string {
    if (ms === null) return NOTHING;
    if (ms < 1) return `${this.#one.format(ms)} ms`;
    if (ms < 999.5) return `${this.#whole.format(ms)} ms`;
    const seconds = ms / 1000;
    if (seconds < 9.95) return `${this.#one.format(seconds)} s`;
    if (seconds < 119.5) return `${this.#whole.format(seconds)} s`;
    const minutes = seconds / 60;
    if (minutes < 119.5) return `${this.#whole.format(minutes)} min`;
    const hours = minutes / 60;
    return hours < 47.5 ? `${this.#whole.format(hours)} h` : `${this.#whole.format(hours / 24)} d`;
  }

  /** Writes how long ago something was, in whole seconds, so that it does not flicker. */
  ago(ms: number): string {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    return seconds < 120 ? `${this.#whole.format(seconds)} s ago` : `${this.duration(ms)} ago`;
  }

  /**
   * Formats a part of a whole as a percentage: 0 % and 100 % only if exact.
   *
   * @param part The part.
   * @param whole The whole.
   */
  share(part: number, whole: number): string {
    if (part === 0) return "";
    const percent = part / whole * 100;
    if (percent < 0.1) return `< ${this.#one.format(0.1)} %`;
    return part < whole && percent > 99.9 ? `> ${this.#one.format(99.9)} %` : `${this.#one.format(percent)} %`;
  }

  /** Writes a size. */
  bytes(value: number | null): string {
    if (value === null) return NOTHING;
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let index = 0;
    for (; value >= 1024 && index < units.length - 1; index++) value /= 1024;
    return `${(value < 10 && index > 0 ? this.#one : this.#whole).format(value)} ${units[index]}`;
  }
}

/** A piece of what a number says: the number itself, or its unit and what joins two of them. */
export interface ValuePart {
  readonly text: string;
  readonly isNumber: boolean;
}

/** A number with its separators, or what stands for one. */
const NUMBER = new RegExp(`(\\p{N}+(?:[.,'’\\u00a0\\u202f\\u066b\\u066c]\\p{N}+)*|${NOTHING})`, "u");

/**
 * Splits a formatted number, so that its digits can be shown larger than the rest.
 *
 * @param value Such as `4.3 / 7.4 s`.
 */
export function valueParts(value: string): ValuePart[] {
  const pieces = value.split(NUMBER);
  return pieces.map((text, index) => ({ text, isNumber: index % 2 === 1 })).filter(({ text }) => text !== "");
}

/** A piece of a sentence: plain, or a time as ISO 8601. */
export interface SentencePart {
  readonly text: string;
  readonly isTime: boolean;
}

/**
 * Finds the times in a sentence, so that they can be shown in the reader's time zone.
 *
 * @param sentence The sentence.
 */
export function sentenceParts(sentence: string): SentencePart[] {
  const pieces = sentence.split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/);
  return pieces.map((text, index) => ({ text, isTime: index % 2 === 1 })).filter(({ text }) => text !== "");
}
