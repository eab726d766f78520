/**
 * How fast an address accepts connections: many at once, and then few in a second, so that a flood takes next to nothing of the
 * processor, which others need more.
 *
 * @module
 */

/** How many connections are accepted as fast as they come: all readers at once, or many that stand idle. */
export const CONNECTIONS_AT_ONCE = 2000;
/**
 * How many are accepted in each second after these. Where the queue's threads share the core, each holds up the requests that
 * are under way, for some 0.5 ms. A request is under way for 0.2 ms, so one in 250 meets a connection: p99 hardly shows it.
 */
export const CONNECTIONS_A_SECOND = 20;

/** Says when the next connection may be accepted. */
export class Pace {
  #credit = CONNECTIONS_AT_ONCE;
  #atMs = 0;

  /**
   * Counts a connection.
   *
   * @param now The time in milliseconds.
   * @returns How long it has to wait.
   */
  next(now: number): number {
    const grown = this.#credit + (now - this.#atMs) * CONNECTIONS_A_SECOND / 1000;
    this.#credit = Math.min(CONNECTIONS_AT_ONCE, grown) - 1;
    this.#atMs = now;
    return Math.max(0, -this.#credit * 1000 / CONNECTIONS_A_SECOND);
  }
}
