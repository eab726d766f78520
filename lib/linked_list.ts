/**
 * A doubly linked list whose items carry their own links: adding, removing and taking cost the same at any length.
 *
 * @module
 */

/** The links of an item of a {@linkcode LinkedList}. Only the list sets them. */
export interface Linked<T> {
  /** The list that the item is in, or `null`. An item is in at most one list. */
  list: object | null;
  /** The item before it in its list, or `null`. */
  previous: T | null;
  /** The item after it in its list, or `null`. */
  next: T | null;
}

/** A doubly linked list of items that carry their own links. */
export class LinkedList<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** The first item, or `null`. */
  get first(): T | null {
    return this.#first;
  }

  /** The last item, or `null`. */
  get last(): T | null {
    return this.#last;
  }

  /** Adds an item at the end. It must be in no list. */
  append(item: T): void {
    this.insertAfter(this.#last, item);
  }

  /**
   * Adds an item after another one. It must be in no list.
   *
   * @param place An item of this list, or `null` for the beginning.
   * @param item The item to add.
   */
  insertAfter(place: T | null, item: T): void {
    if (item.list !== null) throw new Error("Cannot add an item to a list: it is already in one");
    const next = place === null ? this.#first : place.next;
    item.list = this;
    item.previous = place;
    item.next = next;
    if (place === null) this.#first = item;
    else place.next = item;
    if (next === null) this.#last = item;
    else next.previous = item;
    this.#size++;
  }

  /** Removes an item of this list. */
  remove(item: T): void {
    if (item.list !== this) throw new Error("Cannot remove an item from a list that it is not in");
    const { previous, next } = item;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    item.list = null;
    item.previous = null;
    item.next = null;
    this.#size--;
  }

  /** Removes and returns the first item, or `null`. */
  take(): T | null {
    const item = this.#first;
    if (item !== null) this.remove(item);
    return item;
  }

  /** The items in order. The current one may be removed during the iteration. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let item = this.#first; item !== null;) {
      const next: T | null = item.next;
      yield item;
      item = next;
    }
  }
}
