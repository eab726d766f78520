/**
 * A binary heap whose items know their position in it, so that any item can be removed or moved in logarithmic time: some
 * ten comparisons with ten thousand connections.
 *
 * @module
 */

/** What an item of a {@linkcode ConnectionHeap} carries. */
export interface HeapItem {
  /** The sort key. After changing it, call {@linkcode ConnectionHeap.update}. */
  heapKey: number;
  /** The item's position in the heap of each slot, or -1. Only heaps write it. */
  readonly heapPositions: [number, number];
}

/** A heap ordered by {@linkcode HeapItem.heapKey}, smallest or largest first. */
export class ConnectionHeap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #slot: 0 | 1;
  readonly #sign: 1 | -1;

  /**
   * @param first Whether the smallest or the largest key comes first.
   * @param slot Which of the item's two positions this heap uses. An item is in at most one heap of each slot.
   */
  constructor(first: "smallest" | "largest", slot: 0 | 1) {
    this.#sign = first === "smallest" ? 1 : -1;
    this.#slot = slot;
  }

  /** How many items there are. */
  get size(): number {
    return this.#items.length;
  }

  /** The first item, or `undefined`. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item. */
  add(item: T): void {
    this.#items.push(item);
    this.#moveUp(item, this.#items.length - 1);
  }

  /** Removes an item of this heap. */
  remove(item: T): void {
    const position = item.heapPositions[this.#slot];
    item.heapPositions[this.#slot] = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[position] = last;
    last.heapPositions[this.#slot] = position;
    this.update(last);
  }

  /** Repositions an item after its key has changed. */
  update(item: T): void {
    this.#moveDown(item, this.#moveUp(item, item.heapPositions[this.#slot]));
  }

  /** Removes everything. */
  clear(): void {
    for (const item of this.#items) item.heapPositions[this.#slot] = -1;
    this.#items.length = 0;
  }

  /**
   * The first items, in order. The cost depends on `limit`, not on the size of the heap.
   *
   * @param limit The most to return.
   */
  firsts(limit: number): T[] {
    const found: T[] = [];
    // Positions whose parents have been found, sorted so that the next one is last.
    const candidates = this.#items.length > 0 ? [0] : [];
    while (found.length < limit && candidates.length > 0) {
      const position = candidates.pop()!;
      found.push(this.#items[position]!);
      this.#addCandidate(candidates, 2 * position + 1);
      this.#addCandidate(candidates, 2 * position + 2);
    }
    return found;
  }

  #addCandidate(candidates: number[], position: number): void {
    if (position >= this.#items.length) return;
    const key = this.#keyAt(position);
    let low = 0;
    let high = candidates.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keyAt(candidates[middle]!) > key) low = middle + 1;
      else high = middle;
    }
    candidates.splice(low, 0, position);
  }

  #keyAt(position: number): number {
    return this.#items[position]!.heapKey * this.#sign;
  }

  /** The items, in no particular order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]();
  }

  #moveUp(item: T, from: number): number {
    const key = item.heapKey * this.#sign;
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const other = this.#items[parent]!;
      if (other.heapKey * this.#sign <= key) break;
      this.#place(other, position);
      position = parent;
    }
    this.#place(item, position);
    return position;
  }

  #moveDown(item: T, from: number): void {
    const key = item.heapKey * this.#sign;
    const size = this.#items.length;
    let position = from;
    for (let child = 2 * position + 1; child < size; child = 2 * position + 1) {
      let other = this.#items[child]!;
      const right = this.#items[child + 1];
      if (right !== undefined && right.heapKey * this.#sign < other.heapKey * this.#sign) {
        other = right;
        child++;
      }
      if (other.heapKey * this.#sign >= key) break;
      this.#place(other, position);
      position = child;
    }
    this.#place(item, position);
  }

  #place(item: T, position: number): void {
    this.#items[position] = item;
    item.heapPositions[this.#slot] = position;
  }
}
