/**
 * The connections that were let in by a key, and whose they are. No sockets, no clock.
 *
 * @module
 */

import type { PeerRole } from "../../access/permitted_keys.ts";

/** A connection whose handshake never ended is forgotten after this time. */
const LONGEST_HANDSHAKE_MS = 10_000;

/** A connection's descriptor. */
export interface Descriptor {
  /** Its number. */
  readonly fd: number;
  /** Distinguishes it from a later connection with the same number. */
  readonly mark: string;
}

/** A connection that was let in. */
export interface AdmittedConnection {
  /** The identity that it was given, one character a byte. */
  readonly identity: string;
  /** Its public key, 40 characters of Z85. */
  readonly publicKey: string;
  /** The name of its key. */
  readonly name: string;
  /** The side that it is connected to. */
  readonly role: PeerRole;
  /** Its address, as ZAP reports it. */
  readonly address: string;
  /** Its descriptor; `undefined` until its first message. */
  readonly descriptor: Descriptor | undefined;
}

interface Entry extends AdmittedConnection {
  descriptor: Descriptor | undefined;
  /** When to forget it, unless its handshake ends before. */
  expiresAtMs: number;
}

/** The connections that were let in; see the module. */
export class AdmittedConnections {
  readonly #entries = new Map<string, Entry>();

  /** How many there are, including those that have not finished their handshake. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * A connection is let in; its handshake is not over yet.
   *
   * @param connection The connection.
   * @param now The time, in milliseconds.
   */
  admit(connection: Omit<AdmittedConnection, "descriptor">, now: number): void {
    this.#entries.set(connection.identity, {
      ...connection,
      descriptor: undefined,
      expiresAtMs: now + LONGEST_HANDSHAKE_MS,
    });
  }

  /**
   * A connection's handshake is over.
   *
   * @param identity Its identity.
   */
  connected(identity: string): void {
    const entry = this.#entries.get(identity);
    if (entry !== undefined) entry.expiresAtMs = Infinity;
  }

  /** A connection has ended. */
  gone(identity: string): void {
    this.#entries.delete(identity);
  }

  /** The connection of an identity, if it was let in. */
  find(identity: string): AdmittedConnection | undefined {
    return this.#entries.get(identity);
  }

  /**
   * A connection's first message arrived.
   *
   * @param identity Its identity.
   * @param descriptor Its descriptor; `undefined` if it has already ended.
   */
  identify(identity: string, descriptor: Descriptor | undefined): void {
    const entry = this.#entries.get(identity);
    if (entry === undefined) return;
    entry.descriptor = descriptor;
    entry.expiresAtMs = Infinity;
  }

  /**
   * Forgets connections whose handshake has taken too long.
   *
   * @param now The time.
   */
  forgetUnfinished(now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.expiresAtMs <= now) this.#entries.delete(entry.identity);
    }
  }

  /** All connections. */
  [Symbol.iterator](): IterableIterator<AdmittedConnection> {
    return this.#entries.values();
  }
}
