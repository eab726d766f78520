/**
 * Watches whether the event loop is running: a timer that fires once a second records when it last did.
 *
 * @module
 */

/** How often to call {@linkcode LoopWatch.turn}, in milliseconds. */
export const TURN_INTERVAL_MS = 1000;
/** The loop counts as dead if it has not turned for this long, in milliseconds. */
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
   * Why the loop is dead, or was until its last turn; `undefined` if it is alive. A question that arrives while the
   * loop is stuck is only answered after its next turn.
   */
  get deadReason(): string | undefined {
    const silentMs = Math.max(this.#now() - this.#turnedAtMs, this.#delayMs + TURN_INTERVAL_MS);
    return silentMs <= DEAD_MS ? undefined : `the event loop did not turn for ${Math.round(silentMs / 1000)} s`;
  }
}
