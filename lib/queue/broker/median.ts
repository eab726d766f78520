/**
 * The median of the latest values.
 *
 * @module
 */

/** The median of the latest values. */
export class Median {
  readonly #values: Float64Array;
  #count = 0;

  /** @param size How many values are kept. */
  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  /** Adds a value. It replaces the oldest one if no more are kept. */
  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** The median of the kept values; `NaN` if there are none. */
  get value(): number {
    const sorted = this.#values.slice(0, this.#count).sort();
    const middle = sorted.length / 2;
    return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
}
