/**
 * Keeps events that peers cause from filling the log: of each kind of event, it passes on the first one or the first
 * few, and then the last one of each interval.
 *
 * @module
 */

/** How many kinds are remembered. Beyond that, the oldest one is forgotten. */
const MAX_KINDS = 1000;

interface Kind<E> {
  readonly intervalMs: number;
  /**
   * How long before {@linkcode Kind.restedAtMs} an event may be passed on, in milliseconds: one interval for each event
   * of a burst after the first.
   */
  readonly leewayMs: number;
  /** When as many intervals will have passed as events were passed on. */
  restedAtMs: number;
  /** The last event that was held back, and how many were held back. */
  event: E;
  heldBack: number;
}

/** How often events are passed on. Times are milliseconds. */
export interface LogIntervals {
  /** At most one event of a kind is passed on in this time. */
  readonly usual: number;
  /** The interval of single kinds. */
  readonly byKind?: Readonly<Record<string, number>>;
  /**
   * How many events of a kind may be passed on in a row. Each interval allows one more.
   *
   * @default one
   */
  readonly bursts?: Readonly<Record<string, number>>;
}

/** Decides which events of a kind are passed on, and when. */
export class LogLimiter<E> {
  readonly #intervalsMs: LogIntervals;
  readonly #pass: (event: E, count: number) => void;
  readonly #kinds = new Map<string, Kind<E>>();
  /** When the first of the held-back events is due. */
  #dueAtMs = Infinity;

  /**
   * @param intervalsMs How often to pass events on.
   * @param pass Receives an event, and how many of its kind it stands for, including itself.
   */
  constructor(intervalsMs: LogIntervals, pass: (event: E, count: number) => void) {
    this.#intervalsMs = intervalsMs;
    this.#pass = pass;
  }

  /**
   * Passes an event on, or holds it back.
   *
   * @param kind One of a few fixed texts. If there are more than a thousand, the oldest are forgotten.
   * @param event The event.
   * @param now The time, in milliseconds.
   */
  add(kind: string, event: E, now: number): void {
    let known = this.#kinds.get(kind);
    if (known === undefined) {
      const { usual, byKind, bursts } = this.#intervalsMs;
      const intervalMs = byKind?.[kind] ?? usual;
      const leewayMs = ((bursts?.[kind] ?? 1) - 1) * intervalMs;
      known = { intervalMs, leewayMs, restedAtMs: -Infinity, event, heldBack: 0 };
      this.#kinds.set(kind, known);
      if (this.#kinds.size > MAX_KINDS) this.#forgetFirst(now);
    }
    known.event = event;
    known.heldBack++;
    this.#dueAtMs = Math.min(this.#dueAtMs, known.restedAtMs - known.leewayMs);
    this.tick(now);
  }

  /**
   * Passes on the last held-back event of each kind whose interval is over.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when nothing is held back.
   */
  tick(now: number): number {
    if (now >= this.#dueAtMs) {
      this.#dueAtMs = Infinity;
      for (const kind of this.#kinds.values()) {
        if (kind.heldBack === 0) continue;
        const dueAtMs = kind.restedAtMs - kind.leewayMs;
        if (now >= dueAtMs) this.#passOn(kind, now);
        else this.#dueAtMs = Math.min(this.#dueAtMs, dueAtMs);
      }
    }
    return this.#dueAtMs === Infinity ? -1 : Math.ceil(this.#dueAtMs - now);
  }

  /** Passes on everything that is held back. For the end, when no more events will come. */
  flush(): void {
    this.tick(Infinity);
  }

  #forgetFirst(now: number): void {
    const [name, kind] = this.#kinds.entries().next().value!;
    if (kind.heldBack > 0) this.#passOn(kind, now);
    this.#kinds.delete(name);
  }

  #passOn(kind: Kind<E>, now: number): void {
    const { event, heldBack } = kind;
    kind.restedAtMs = Math.max(kind.restedAtMs, now) + kind.intervalMs;
    kind.heldBack = 0;
    this.#pass(event, heldBack);
  }
}
