/**
 * The connections that were let in by a key: whose they are, until they end. Pure: no sockets, no clock.
 *
 * @module
 */

import type { PeerRole } from "../../access/permitted_keys.ts";

/** A connection whose handshake never ended is forgotten after this time. */
const LONGEST_HANDSHAKE_MS = 10_000;

/** What a connection's first message says of it (`zmq_msg_gets`). */
export interface ConnectionProperties {
  /** The routing id that libzmq took from the ZAP reply, one character a byte. */
  readonly identity: string | undefined;
  /** The descriptor of the connection. */
  readonly fd: number;
}

/** A connection that was let in. */
export interface AdmittedConnection {
  /** The identity that it was given, one character a byte. */
  readonly identity: string;
  /** Its public key, 40 characters of Z85. */
  readonly publicKey: string;
  /** The name of the key. */
  readonly name: string;
  /** The side that it is connected to. */
  readonly role: PeerRole;
  /** Its address, as ZAP told it. */
  readonly address: string;
  /** Its descriptor, from its first message on. */
  readonly fd: number | undefined;
}

interface Entry extends AdmittedConnection {
  fd: number | undefined;
  /** When it is forgotten, unless it connects. */
  expiresAtMs: number;
}

/** The connections that were let in; see the module. */
export class AdmittedConnections {
  readonly #entries = new Map<string, Entry>();

  /** How many there are, with those that have not finished their handshake. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * A connection is let in; its handshake is not over yet.
   *
   * @param connection What is known of it.
   * @param now The time, in milliseconds.
   */
  admit(connection: Omit<AdmittedConnection, "fd">, now: number): void {
    this.#entries.set(connection.identity, { ...connection, fd: undefined, expiresAtMs: now + LONGEST_HANDSHAKE_MS });
  }

  /**
   * A connection's handshake is over.
   *
   * @param identity The identity under which it came.
   * @returns Whether a connection of this identity was let in.
   */
  connected(identity: string): boolean {
    const entry = this.#entries.get(identity);
    if (entry !== undefined) entry.expiresAtMs = Infinity;
    return entry !== undefined;
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
   * A connection's first message came.
   *
   * @param identity The identity under which it came.
   * @param properties What the message says of the connection.
   * @returns Whether it is the connection that was given this identity. If not, it must be closed.
   */
  identify(identity: string, properties: ConnectionProperties): boolean {
    const entry = this.#entries.get(identity);
    if (entry === undefined || properties.identity !== identity) return false;
    entry.fd = properties.fd;
    entry.expiresAtMs = Infinity;
    return true;
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
