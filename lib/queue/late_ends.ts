/**
 * Ends connections some time after it was decided: by then libzmq has closed by itself those that were about to end. It closes
 * a descriptor on a thread of its own, and a newcomer's connection may have it a moment later: who ended that one in the
 * belief that it is still the other would cut the newcomer off.
 *
 * @module
 */

/** libzmq closes a connection within microseconds after it has reported its end, if its thread runs. */
const DELAY_MS = 200;

/** Ends connections late; see the module. */
export class LateEnds<C> {
  readonly #end: (connection: C) => void;
  /** In the order in which they are due. */
  readonly #ends: { readonly connection: C; readonly dueAtMs: number }[] = [];

  /** @param end Ends a connection that is still open. */
  constructor(end: (connection: C) => void) {
    this.#end = end;
  }

  /**
   * A connection is to be ended.
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
   * @returns Milliseconds to the next one, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    while (this.#ends.length > 0 && this.#ends[0]!.dueAtMs <= now) this.#end(this.#ends.shift()!.connection);
    return this.#ends.length === 0 ? -1 : Math.ceil(this.#ends[0]!.dueAtMs - now);
  }
}
