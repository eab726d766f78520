/**
 * A growing set of numbers, kept and written as ranges: `3, 7-12`.
 *
 * @module
 */

/** A set of numbers, added in ascending order. A run of consecutive numbers takes the memory of one. */
export class NumberRanges {
  readonly #ranges: { readonly first: number; last: number }[] = [];
  #count = 0;

  /** How many numbers there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a number.
   *
   * @param number An integer, larger than all before.
   */
  add(number: number): void {
    this.#count++;
    const range = this.#ranges.at(-1);
    if (range !== undefined && number === range.last + 1) range.last = number;
    else this.#ranges.push({ first: number, last: number });
  }

  /** The ranges as text, such as `3, 7-12`. */
  toString(): string {
    return this.#ranges.map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`).join(", ");
  }
}
