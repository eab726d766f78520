/**
 * Limits how fast an address accepts connections: many at once, and then a few per second, so that a flood takes hardly any
 * processor time from the rest of the program.
 *
 * @module
 */

/** How many connections are accepted without delay: enough for all readers at once, or for many that stay idle. */
export const CONNECTIONS_AT_ONCE = 2000;
/**
 * How many more are accepted per second after that. If the queue's threads share a core, each connection holds up the
 * requests in progress for some 0.5 ms. A request takes 0.2 ms, so one in 250 is affected, which p99 hardly shows.
 */
export const CONNECTIONS_A_SECOND = 20;

/** The rate limiter; see the module. */
export class Pace {
  #credit = CONNECTIONS_AT_ONCE;
  #atMs = 0;

  /**
   * Counts a connection.
   *
   * @param now The time in milliseconds.
   * @returns How long to wait before accepting it, in milliseconds.
   */
  next(now: number): number {
    const grown = this.#credit + (now - this.#atMs) * CONNECTIONS_A_SECOND / 1000;
    this.#credit = Math.min(CONNECTIONS_AT_ONCE, grown) - 1;
    this.#atMs = now;
    return Math.max(0, -this.#credit * 1000 / CONNECTIONS_A_SECOND);
  }
}
