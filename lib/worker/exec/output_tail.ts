/**
 * Keeps the end of a program's output, however long the output is.
 *
 * @module
 */

/** Keeps the last lines of an output. */
export class OutputTail {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);

  /**
   * @param maxLines The number of lines to keep.
   * @param maxBytes The number of bytes to keep, which may cut the first line.
   */
  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  /** Adds output. The bytes are copied. */
  add(chunk: Uint8Array): void {
    const kept = this.#bytes.subarray(Math.max(0, this.#bytes.length + chunk.length - this.#maxBytes));
    const added = chunk.subarray(Math.max(0, chunk.length - this.#maxBytes));
    const bytes = new Uint8Array(kept.length + added.length);
    bytes.set(kept);
    bytes.set(added, kept.length);
    this.#bytes = bytes;
  }

  /** Forgets the output so far. */
  clear(): void {
    this.#bytes = new Uint8Array(0);
  }

  /** The last lines as text, without the final line feed. The first may be cut. */
  get text(): string {
    // The cut may be inside a character.
    const start = this.#bytes.findIndex((byte) => (byte & 0b1100_0000) !== 0b1000_0000);
    const text = new TextDecoder().decode(this.#bytes.subarray(Math.max(0, start)));
    return text.trimEnd().split("\n").slice(-this.#maxLines).join("\n");
  }
}
