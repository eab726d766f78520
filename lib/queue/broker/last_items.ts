/**
 * The last items of a sequence, in fixed memory.
 *
 * @module
 */

/** Keeps the last items. */
export class LastItems<T> {
  readonly #items: T[] = [];
  readonly #size: number;
  #next = 0;

  /** @param size How many items are kept. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Adds an item. It replaces the oldest one if no more are kept. */
  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** The items, newest first. */
  get newestFirst(): T[] {
    return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)].reverse();
  }
}
