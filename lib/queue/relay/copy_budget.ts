/**
 * Limits how many exhausted requests the relay copies: a copy takes time, and memory until it is written.
 *
 * @module
 */

/** The most copies within a second. */
const MAX_COPIES = 10;
const SECOND_MS = 1000;
/** The most bytes of copies that are not written yet. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Why a request was not copied. */
export type NotCopied = "more than 10 within a second" | "more than 16 MiB not yet written";

/** Decides which requests are copied. */
export class CopyBudget {
  /** When the latest copies were made, oldest first. */
  readonly #copiedAtMs: number[] = [];
  #bytes = 0;

  /**
   * Asks whether a copy may be made. If so, it counts from now on.
   *
   * @param bytes The request's bytes.
   * @param now The time, in milliseconds.
   * @returns Why it may not be made; `undefined` if it may.
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

  /** A copy has been written, or could not be. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
