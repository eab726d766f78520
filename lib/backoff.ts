/**
 * Pauses that grow while something keeps failing. Pure: the source of randomness is an argument.
 *
 * @module
 */

/** How pauses grow. */
export interface BackoffOptions {
  /** The second pause, in milliseconds. The first is 0, since most failures happen only once. */
  readonly firstMs: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs: number;
}

/** Computes how long to pause: 0 the first time, then twice as long each time, up to a limit. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  /**
   * @param options How pauses grow.
   * @param random Returns a number from 0 up to 1. It shortens each pause by up to half, so that peers that failed
   * together do not retry together.
   */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /**
   * Records a failure.
   *
   * @returns How long to pause before the next attempt, in milliseconds.
   */
  failed(): number {
    const { firstMs, maxMs } = this.#options;
    const fullMs = this.#failures === 0 ? 0 : Math.min(firstMs * 2 ** (this.#failures - 1), maxMs);
    this.#failures++;
    return fullMs * (1 - this.#random() / 2);
  }

  /** Records a success: the next failure counts as the first. */
  succeeded(): void {
    this.#failures = 0;
  }
}
