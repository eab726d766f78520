/**
 * Keeps what peers cause from filling the log: of each kind the first event is told, then the last one an interval.
 *
 * @module
 */

interface Kind<E> {
  readonly intervalMs: number;
  toldAtMs: number;
  /** The last event that was held back, and how many were. */
  event: E;
  untold: number;
}

/** How often events are told, in milliseconds. */
export interface LogIntervals {
  /** At most one event a kind is told in this time. */
  readonly usual: number;
  /** The same for single kinds. */
  readonly byKind?: Readonly<Record<string, number>>;
}

/** Decides which events of a kind are told, and when. */
export class LogLimiter<E> {
  readonly #intervalsMs: LogIntervals;
  readonly #tell: (event: E, count: number) => void;
  readonly #kinds = new Map<string, Kind<E>>();
  /** When the first of those that are held back is due. */
  #dueAtMs = Infinity;

  /**
   * @param intervalsMs How often.
   * @param tell Tells an event, and how many of its kind it stands for, itself included.
   */
  constructor(intervalsMs: LogIntervals, tell: (event: E, count: number) => void) {
    this.#intervalsMs = intervalsMs;
    this.#tell = tell;
  }

  /**
   * An event happened: it is told, or held back.
   *
   * @param kind One of a few fixed words, never text of a peer's choice.
   * @param event The event.
   * @param now The time, in milliseconds.
   */
  add(kind: string, event: E, now: number): void {
    let known = this.#kinds.get(kind);
    if (known === undefined) {
      const { usual, byKind } = this.#intervalsMs;
      known = { intervalMs: byKind?.[kind] ?? usual, toldAtMs: -Infinity, event, untold: 0 };
      this.#kinds.set(kind, known);
    }
    known.event = event;
    known.untold++;
    this.#dueAtMs = Math.min(this.#dueAtMs, known.toldAtMs + known.intervalMs);
    this.tick(now);
  }

  /**
   * Tells the last event of each kind that was held back for its interval.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when nothing is held back.
   */
  tick(now: number): number {
    if (now >= this.#dueAtMs) {
      this.#dueAtMs = Infinity;
      for (const kind of this.#kinds.values()) {
        if (kind.untold === 0) continue;
        const dueAtMs = kind.toldAtMs + kind.intervalMs;
        if (now >= dueAtMs) this.#tellOf(kind, now);
        else this.#dueAtMs = Math.min(this.#dueAtMs, dueAtMs);
      }
    }
    return this.#dueAtMs === Infinity ? -1 : Math.ceil(this.#dueAtMs - now);
  }

  /** Tells all that is held back, now that nothing more will happen. */
  flush(): void {
    this.tick(Infinity);
  }

  #tellOf(kind: Kind<E>, now: number): void {
    const { event, untold } = kind;
    kind.toldAtMs = now;
    kind.untold = 0;
    this.#tell(event, untold);
  }
}
