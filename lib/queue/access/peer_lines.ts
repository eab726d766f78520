/**
 * Records peers that were refused, for the status, and decides which of them to log: at most one line per peer and minute,
 * and a limited number of lines in all, however many keys or addresses an attacker has.
 *
 * @module
 */

const INTERVAL_MS = 60_000;
/** How many peers are remembered. Beyond that, the least recent one is forgotten. */
const MAX_PEERS = 1000;
/** The most lines per minute for all peers together. */
const MAX_LINES = 20;
/** A peer counts as recent for this time after its last attempt ... */
const RECENT_MS = 5 * 60_000;
/** ... unless this many others came after it. */
const MAX_RECENT = 100;

/** A log line about a peer. */
export type PeerLine<E> = E & {
  /** How many attempts of any peer there were since the last line, including this one. */
  readonly count: number;
};

/** The last attempt of a recent peer. */
export type RecentPeer<E> = E & {
  /** How many attempts it made, counting back until a gap in which it was not recent. */
  readonly count: number;
  /** How long ago its last attempt was, in milliseconds. */
  readonly ageMs: number;
};

interface Entry<E> {
  readonly event: E;
  readonly loggedAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
}

/** Peers that were refused; see the module. */
export class PeerLines<E extends object> {
  readonly #idOf: (event: E) => string;
  /** The peers by {@linkcode PeerLines.#idOf}, least recent first. */
  readonly #entries = new Map<string, Entry<E>>();
  #total = 0;
  #logged = 0;
  #minuteSinceMs = -Infinity;
  #lines = 0;

  /** @param idOf Returns a text that distinguishes a peer from others. */
  constructor(idOf: (event: E) => string) {
    this.#idOf = idOf;
  }

  /** The number of attempts since the start. */
  get total(): number {
    return this.#total;
  }

  /**
   * The peers that came within the last five minutes, at most 100, latest first.
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
   * A peer was refused.
   *
   * @param event The peer, and why.
   * @param now The time, in milliseconds.
   * @returns The line to log; `undefined` if enough has been logged.
   */
  add(event: E, now: number): PeerLine<E> | undefined {
    this.#total++;
    const id = this.#idOf(event);
    const before = this.#entries.get(id);
    const loggedAtMs = before?.loggedAtMs ?? -Infinity;
    const isLogged = now - loggedAtMs >= INTERVAL_MS && this.#hasLine(now);
    const times = before !== undefined && now - before.lastAtMs < RECENT_MS ? before.count + 1 : 1;
    // Deleted first, so that it moves to the end of the map as the latest.
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
