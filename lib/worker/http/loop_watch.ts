/**
 * Whether the event loop turns: a timer that comes once a second says when it did last.
 *
 * @module
 */

/** How often {@linkcode LoopWatch.turn} is to be called, in milliseconds. */
export const TURN_INTERVAL_MS = 1000;
/** The loop is not alive if it has not turned for this time. */
const DEAD_MS = 10_000;

/** See the module. */
export class LoopWatch {
  readonly #now: () => number;
  #turnedAtMs: number;
  #delayMs = 0;

  /** @param now A clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#turnedAtMs = now();
  }

  /** The loop has turned. */
  turn(): void {
    const now = this.#now();
    this.#delayMs = Math.max(0, now - this.#turnedAtMs - TURN_INTERVAL_MS);
    this.#turnedAtMs = now;
  }

  /** How late the last turn came, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /**
   * Why the loop is not alive, or was not until its last turn; `undefined`: it is. Whoever has asked meanwhile is answered after
   * that turn.
   */
  get deadReason(): string | undefined {
    const silentMs = Math.max(this.#now() - this.#turnedAtMs, this.#delayMs + TURN_INTERVAL_MS);
    return silentMs <= DEAD_MS ? undefined : `the event loop did not turn for ${Math.round(silentMs / 1000)} s`;
  }
}
