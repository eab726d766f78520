/**
 * Counts what one thread has sent to another one that has not received it yet. libzmq bounds a pipe by messages only.
 *
 * @module
 */

const UNIT_BYTES = 1024;

/** A count of bytes, in KiB rounded up, that two threads share: each has an object of this class with the same memory. */
export class SharedBytes {
  readonly #cell: Int32Array<SharedArrayBuffer>;

  /** @param memory The other thread's; by default a new one. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#cell = new Int32Array(memory);
  }

  /** How many there are. */
  get bytes(): number {
    return Atomics.load(this.#cell, 0) * UNIT_BYTES;
  }

  /** A message was sent. */
  add(bytes: number): void {
    Atomics.add(this.#cell, 0, Math.ceil(bytes / UNIT_BYTES));
  }

  /** A message that was sent before was received. */
  remove(bytes: number): void {
    Atomics.sub(this.#cell, 0, Math.ceil(bytes / UNIT_BYTES));
  }
}
