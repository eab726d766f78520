/**
 * Ends connections with a delay, so that libzmq can first close those that were about to end anyway. libzmq closes
 * descriptors on a thread of its own, and the system may give the same number to a new connection a moment later. Ending a
 * connection by a stale number would cut off that new peer.
 *
 * @module
 */

/** After libzmq has reported the end of a connection, it closes it within microseconds, if its thread gets to run. */
const DELAY_MS = 200;

/** Ends connections with a delay; see the module. */
export class LateEnds<C> {
  readonly #end: (connection: C) => void;
  /** In the order of their due times. */
  readonly #ends: { readonly connection: C; readonly dueAtMs: number }[] = [];

  /** @param end Ends a connection that is still open. */
  constructor(end: (connection: C) => void) {
    this.#end = end;
  }

  /**
   * Schedules the end of a connection.
   *
   * @param connection The connection.
   * @param now The time, in milliseconds.
   */
  add(connection: C, now: number): void {
    this.#ends.push({ connection, dueAtMs: now + DELAY_MS });
  }

  /**
   * Ends the connections that are due.
   *
   * @param now The time.
   * @returns Milliseconds until the next one is due, rounded up; -1 if there is none.
   */
  tick(now: number): number {
    while (this.#ends.length > 0 && this.#ends[0]!.dueAtMs <= now) this.#end(this.#ends.shift()!.connection);
    return this.#ends.length === 0 ? -1 : Math.ceil(this.#ends[0]!.dueAtMs - now);
  }
}
