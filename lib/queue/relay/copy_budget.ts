/**
 * How many exhausted requests the relay may copy: copies take time, and memory until they are written.
 *
 * @module
 */

/** Copies within a second. */
const MAX_COPIES = 10;
const SECOND_MS = 1000;
/** Bytes of copies that are not written yet. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Why a request was not copied. */
export type NotCopied = "more than 10 within a second" | "more than 16 MiB not yet written";

/** Decides which requests are copied. */
export class CopyBudget {
  /** When the last copies were made, the latest last. */
  readonly #copiedAtMs: number[] = [];
  #bytes = 0;

  /**
   * Asks for a copy. If it may be made, it counts from now on.
   *
   * @param bytes The request's bytes.
   * @param now The time, in milliseconds.
   * @returns Why it may not be made, or `undefined`.
   */
  take(bytes: number, now: number): NotCopied | undefined {
    if (this.#bytes + bytes > MAX_BYTES) return "more than 16 MiB not yet written";
    if (this.#copiedAtMs.length === MAX_COPIES) {
      if (now - this.#copiedAtMs[0]! < SECOND_MS) return "more than 10 within a second";
      this.#copiedAtMs.shift();
    }
    this.#copiedAtMs.push(now);
    this.#bytes += bytes;
    return undefined;
  }

  /** A copy has been written, or cannot be. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
