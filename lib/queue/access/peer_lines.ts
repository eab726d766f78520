/**
 * Keeps account of peers that were not let in, for the status, and says which of them the log should name: a line a peer and
 * minute, and a bounded number of lines in all, however many keys or addresses a stranger has.
 *
 * @module
 */

const INTERVAL_MS = 60_000;
/** Peers that are remembered; beyond it the one that came least recently is forgotten. */
const MAX_PEERS = 1000;
/** Lines a minute for all peers together. */
const MAX_LINES = 20;
/** A peer is recent for this time after it came last ... */
const RECENT_MS = 5 * 60_000;
/** ... if not so many others came since. */
const MAX_RECENT = 100;

/** What the log should say of a peer. */
export type PeerLine<E> = E & {
  /** How often any peer came since the last line, this one included. */
  readonly count: number;
};

/** What happened last to a peer that came lately. */
export type RecentPeer<E> = E & {
  /** How often it came, never longer apart than it counts as recent. */
  readonly count: number;
  /** How long ago it came last. */
  readonly ageMs: number;
};

interface Entry<E> {
  readonly event: E;
  readonly loggedAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
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

  /**
   * The peers that came within the last five minutes, 100 at most, the one that came last first.
   *
   * @param now The time, in milliseconds.
   */
  recent(now: number): RecentPeer<E>[] {
    return [...this.#entries.values()]
      .slice(-MAX_RECENT)
      .reverse()
      .filter(({ lastAtMs }) => now - lastAtMs < RECENT_MS)
      .map(({ event, count, lastAtMs }) => ({ ...event, count, ageMs: now - lastAtMs }));
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
    const before = this.#entries.get(id);
    const loggedAtMs = before?.loggedAtMs ?? -Infinity;
    const isLogged = now - loggedAtMs >= INTERVAL_MS && this.#hasLine(now);
    const times = before !== undefined && now - before.lastAtMs < RECENT_MS ? before.count + 1 : 1;
    // It goes behind all others, since it came last.
    this.#entries.delete(id);
    this.#entries.set(id, { event, loggedAtMs: isLogged ? now : loggedAtMs, lastAtMs: now, count: times });
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
