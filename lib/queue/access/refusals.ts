/**
 * Keeps account of refused peers, and says which of them the log should name: a line a peer and minute, and a bounded
 * number of lines in all, however many keys a stranger makes.
 *
 * @module
 */

import type { Applicant, RefusalReason } from "./admission.ts";

const INTERVAL_MS = 60_000;
/** Peers that are remembered; beyond it the one that came least recently is forgotten. */
const MAX_PEERS = 1000;
/** Lines a minute for all peers together. */
const MAX_LINES = 20;

/** A refused peer: a key, or an address where there is no key. */
export interface Refusal extends Applicant {
  /** Why it was refused the last time. */
  readonly reason: RefusalReason;
}

/** What the log should say. */
export interface RefusalLine extends Refusal {
  /** Refusals of any peer since the last line, this one included. */
  readonly count: number;
}

interface Entry {
  readonly refusal: Refusal;
  readonly loggedAtMs: number;
}

/** Refused peers; see the module. */
export class Refusals {
  /** By role and key or address; the one that came least recently first. */
  readonly #entries = new Map<string, Entry>();
  #total = 0;
  #logged = 0;
  #minuteSinceMs = -Infinity;
  #lines = 0;

  /** How often peers were refused since the start. */
  get total(): number {
    return this.#total;
  }

  /** The peers that were refused, the one that came last first. */
  get recent(): Refusal[] {
    return [...this.#entries.values()].map(({ refusal }) => refusal).reverse();
  }

  /**
   * A peer was refused.
   *
   * @param refusal The peer, and why.
   * @param now The time, in milliseconds.
   * @returns What the log should say, or `undefined` when it has said enough.
   */
  add(refusal: Refusal, now: number): RefusalLine | undefined {
    this.#total++;
    const id = `${refusal.role} ${refusal.publicKey ?? refusal.address}`;
    const loggedAtMs = this.#entries.get(id)?.loggedAtMs ?? -Infinity;
    const isLogged = now - loggedAtMs >= INTERVAL_MS && this.#hasLine(now);
    // It goes behind all others, since it came last.
    this.#entries.delete(id);
    this.#entries.set(id, { refusal, loggedAtMs: isLogged ? now : loggedAtMs });
    if (this.#entries.size > MAX_PEERS) this.#entries.delete(this.#entries.keys().next().value!);
    if (!isLogged) return undefined;
    const count = this.#total - this.#logged;
    this.#logged = this.#total;
    return { ...refusal, count };
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
