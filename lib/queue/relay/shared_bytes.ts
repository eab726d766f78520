/**
 * Counts the bytes that one thread has sent and another has not received yet. libzmq limits a pipe only by messages.
 *
 * @module
 */

const UNIT_BYTES = 1024;

/** A byte count that two threads share, each message rounded up to KiB. Each thread has an object with the same memory. */
export class SharedBytes {
  readonly #cell: Int32Array<SharedArrayBuffer>;

  /** @param memory The other object's memory; by default new memory. */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#cell = new Int32Array(memory);
  }

  /** The bytes sent and not received, rounded up. */
  get bytes(): number {
    return Atomics.load(this.#cell, 0) * UNIT_BYTES;
  }

  /** A message was sent. */
  add(bytes: number): void {
    Atomics.add(this.#cell, 0, Math.ceil(bytes / UNIT_BYTES));
  }

  /** A message that was counted before has been received. */
  remove(bytes: number): void {
    Atomics.sub(this.#cell, 0, Math.ceil(bytes / UNIT_BYTES));
  }
}
