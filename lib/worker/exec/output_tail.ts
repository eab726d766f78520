/**
 * The end of what a program wrote, in little memory however much that was.
 *
 * @module
 */

/** Keeps the last lines of an output. */
export class OutputTail {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);

  /**
   * @param maxLines At most as many lines are kept.
   * @param maxBytes At most as many bytes are kept.
   */
  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  /** Adds what came next; it is copied. */
  add(chunk: Uint8Array): void {
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + chunk.length - this.#maxBytes));
    const added = chunk.subarray(Math.max(0, chunk.length - this.#maxBytes));
    const bytes = new Uint8Array(kept.length + added.length);
    bytes.set(kept);
    bytes.set(added, kept.length);
    this.#bytes = bytes;
  }

  /** The last lines as text, without the last line feed; the first may be cut. */
  get text(): string {
    // A cut may have left the end of a character at the start.
    const start = this.#bytes.findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000);
    const text = new TextDecoder().decode(this.#bytes.subarray(Math.max(0, start)));
    return text.trimEnd().split("\n").slice(-this.#maxLines).join("\n");
  }
}
