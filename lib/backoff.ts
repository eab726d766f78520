/**
 * Pauses that grow while something goes wrong again and again. Pure: the randomness is an argument.
 *
 * @module
 */

/** How pauses grow. */
export interface BackoffOptions {
  /** The second pause, in milliseconds; the first is none, since most failures are the only one. */
  readonly firstMs: number;
  /** The longest, in milliseconds. */
  readonly maxMs: number;
}

/** Says how long to pause: not at all the first time, then twice as long each time, up to a bound. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  /**
   * @param options How pauses grow.
   * @param random A number from 0 up to 1: each pause is shortened by up to half, so that many who failed together do not
   * try again together.
   */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /**
   * Something went wrong.
   *
   * @returns How long to pause before the next attempt, in milliseconds.
   */
  failed(): number {
    const { firstMs, maxMs } = this.#options;
    const fullMs = this.#failures === 0 ? 0 : Math.min(firstMs * 2 ** (this.#failures - 1), maxMs);
    this.#failures++;
    return fullMs * (1 - this.#random() / 2);
  }

  /** It went well: the next failure is the first. */
  succeeded(): void {
    this.#failures = 0;
  }
}
