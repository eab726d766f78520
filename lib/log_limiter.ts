/**
 * Keeps what peers cause from filling the log: of each kind the first event is told, then one an interval.
 *
 * @module
 */

interface Kind {
  toldAtMs: number;
  untold: number;
}

/** Decides which events of a kind are told. */
export class LogLimiter {
  readonly #intervalMs: number;
  readonly #kinds = new Map<string, Kind>();

  /** @param intervalMs At most one event a kind is told in this time. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /**
   * An event happened.
   *
   * @param kind One of a few fixed words, never text of a peer's choice.
   * @param now The time, in milliseconds.
   * @returns How many events of the kind this one stands for, itself included; 0: do not tell it.
   */
  admit(kind: string, now: number): number {
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      this.#kinds.set(kind, { toldAtMs: now, untold: 0 });
      return 1;
    }
    known.untold++;
    if (now - known.toldAtMs < this.#intervalMs) return 0;
    const { untold } = known;
    known.toldAtMs = now;
    known.untold = 0;
    return untold;
  }
}
