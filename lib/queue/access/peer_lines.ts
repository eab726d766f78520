/**
 * Keeps account of peers that were not let in, and says which of them the log should name: a line a peer and minute, and a
 * bounded number of lines in all, however many keys or addresses a stranger has.
 *
 * @module
 */

const INTERVAL_MS = 60_000;
/** Peers that are remembered; beyond it the one that came least recently is forgotten. */
const MAX_PEERS = 1000;
/** Lines a minute for all peers together. */
const MAX_LINES = 20;

/** What the log should say of a peer. */
export type PeerLine<E> = E & {
  /** How often any peer came since the last line, this one included. */
  readonly count: number;
};

interface Entry<E> {
  readonly event: E;
  readonly loggedAtMs: number;
}

/** Peers that were not let in; see the module. */
export class PeerLines<E extends object> {
  readonly #idOf: (event: E) => string;
  /** By what tells them apart; the one that came least recently first. */
  readonly #entries = new Map<string, Entry<E>>();
  #total = 0;
  #logged = 0;
  #minuteSinceMs = -Infinity;
  #lines = 0;

  /** @param idOf Says what tells a peer from others. */
  constructor(idOf: (event: E) => string) {
    this.#idOf = idOf;
  }

  /** How often peers came since the start. */
  get total(): number {
    return this.#total;
  }

  /** What happened last to each of the peers, the one that came last first. */
  get recent(): E[] {
    return [...this.#entries.values()].map(({ event }) => event).reverse();
  }

  /**
   * A peer was not let in.
   *
   * @param event The peer, and why.
   * @param now The time, in milliseconds.
   * @returns What the log should say, or `undefined` when it has said enough.
   */
  add(event: E, now: number): PeerLine<E> | undefined {
    this.#total++;
    const id = this.#idOf(event);
    const loggedAtMs = this.#entries.get(id)?.loggedAtMs ?? -Infinity;
    const isLogged = now - loggedAtMs >= INTERVAL_MS && this.#hasLine(now);
    // It goes behind all others, since it came last.
    this.#entries.delete(id);
    this.#entries.set(id, { event, loggedAtMs: isLogged ? now : loggedAtMs });
    if (this.#entries.size > MAX_PEERS) this.#entries.delete(this.#entries.keys().next().value!);
    if (!isLogged) return undefined;
    const count = this.#total - this.#logged;
    this.#logged = this.#total;
    return { ...event, count };
  }

  #hasLine(now: number): boolean {
    if (now - this.#minuteSinceMs >= INTERVAL_MS) {
      this.#minuteSinceMs = now;
      this.#lines = 0;
    }
    if (this.#lines === MAX_LINES) return false;
    this.#lines++;
    return true;
  }
}
