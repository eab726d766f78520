/**
 * Bytes that come in pieces, up to a bound.
 *
 * @module
 */

import { concatenate, type Frames } from "../../lru.ts";

/** Collects pieces. */
export class BoundedBytes {
  readonly #maxBytes: number;
  readonly #chunks: Frames = [];
  #length = 0;

  /** @param maxBytes At most as many bytes are kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes came. */
  get length(): number {
    return this.#length;
  }

  /** Whether more came than may be kept; then nothing is kept. */
  get isOverLimit(): boolean {
    return this.#length > this.#maxBytes;
  }

  /** Adds a piece, which must not change afterwards. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#length += chunk.length;
    if (this.isOverLimit) this.#chunks.length = 0;
    else this.#chunks.push(chunk);
  }

  /** All that came, in one piece; nothing when that was too much. */
  join(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#chunks);
  }
}
