/**
 * Collects bytes that come in pieces, up to a limit.
 *
 * @module
 */

import { concatenate, type Frames } from "../../lru.ts";

/** Collects pieces. */
export class BoundedBytes {
  readonly #maxBytes: number;
  readonly #chunks: Frames = [];
  #length = 0;

  /** @param maxBytes The limit. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The number of bytes that came, kept or not. */
  get length(): number {
    return this.#length;
  }

  /** Whether more came than the limit allows. In that case nothing is kept. */
  get isOverLimit(): boolean {
    return this.#length > this.#maxBytes;
  }

  /** Adds a piece, which must not be changed afterwards. */
  add(chunk: Uint8Array<ArrayBuffer>): void {
    this.#length += chunk.length;
    if (this.isOverLimit) this.#chunks.length = 0;
    else this.#chunks.push(chunk);
  }

  /** Everything that came, in one piece; empty when it was over the limit. */
  join(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#chunks);
  }
}
