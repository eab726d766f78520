/**
 * Connections under identities that their peers have chosen, which another connection may take over.
 *
 * libzmq (4.3.5) gives the identity to the new connection and forgets the old one without closing it: its peer, which
 * notices nothing, would wait for ever. So the old connection is closed once the identity is free again; its peer connects
 * anew and has it back. Not earlier: two peers that were given the same identity by mistake would take it from each other
 * without end, and the requests that they have with it.
 *
 * @module
 */

/** Where a connection comes from. */
export interface Origin<C> {
  /** The peer's address, if it is known. */
  readonly address: string | undefined;
  /** The connection as the caller knows it, if it does. */
  readonly connection: C | undefined;
}

/** An identity was taken over. */
export interface Takeover {
  /** The identity. */
  readonly identity: string;
  /** Where the connection came from that had it, if that is known. */
  readonly previousAddress: string | undefined;
  /** Where the connection comes from that has it now, if that is known. */
  readonly address: string | undefined;
}

/** What {@linkcode ChosenIdentities} does. */
export interface ChosenIdentitiesOutput<C> {
  /** Whether a connection is still open. */
  isOpen(connection: C): boolean;
  /** Ends a connection, if it is still open. */
  end(connection: C): void;
  /** Reports a takeover, when the new connection was heard, has ended, or was taken over itself. */
  report(takeover: Takeover): void;
}

/** A connection under an identity that its peer has chosen. */
interface Entry<C> {
  /** Where it comes from, once it has sent a message. */
  origin: Origin<C> | undefined;
  /** Connections from which the identity was taken. */
  replaced: C[];
  /** Whether a takeover is to be reported, and the address of the connection that had the identity. */
  isTakeoverUnreported: boolean;
  previousAddress: string | undefined;
}

/** Follows connections by their identities. */
export class ChosenIdentities<C> {
  readonly #output: ChosenIdentitiesOutput<C>;
  readonly #entries = new Map<string, Entry<C>>();
  /** Connections that have sent nothing yet. */
  #unheard = 0;

  /** @param output What it does. */
  constructor(output: ChosenIdentitiesOutput<C>) {
    this.#output = output;
  }

  /** Whether a message may be the first one of its connection. */
  get hasUnheard(): boolean {
    return this.#unheard > 0;
  }

  /** A connection was made. */
  connected(identity: string): void {
    const old = this.#entries.get(identity);
    if (old !== undefined) {
      this.#forget(identity, old);
      if (old.origin?.connection !== undefined) old.replaced.push(old.origin.connection);
    }
    this.#entries.set(identity, {
      origin: undefined,
      // Most have ended by themselves: clients that give up reopen at once.
      replaced: old?.replaced.filter((connection) => this.#output.isOpen(connection)) ?? [],
      isTakeoverUnreported: old !== undefined,
      previousAddress: old?.origin?.address,
    });
    this.#unheard++;
  }

  /**
   * A connection sent a message.
   *
   * @param identity Its identity.
   * @param readOrigin Reads from the message where it comes from, if it is the first one.
   */
  heard(identity: string, readOrigin: () => Origin<C>): void {
    const entry = this.#entries.get(identity);
    if (entry === undefined || entry.origin !== undefined) return;
    entry.origin = readOrigin();
    this.#unheard--;
    this.#reportTakeover(identity, entry);
  }

  /** A connection ended. */
  gone(identity: string): void {
    const entry = this.#entries.get(identity);
    if (entry === undefined) return;
    this.#forget(identity, entry);
    for (const connection of entry.replaced) this.#output.end(connection);
    // Of a new connection that speaks ZMTP 1 or 2 libzmq reports nothing but its end: then this one had been replaced, too.
    if (entry.origin?.connection !== undefined) this.#output.end(entry.origin.connection);
  }

  #forget(identity: string, entry: Entry<C>): void {
    this.#reportTakeover(identity, entry);
    this.#entries.delete(identity);
    if (entry.origin === undefined) this.#unheard--;
  }

  #reportTakeover(identity: string, entry: Entry<C>): void {
    if (!entry.isTakeoverUnreported) return;
    entry.isTakeoverUnreported = false;
    const { previousAddress, origin } = entry;
    this.#output.report({ identity, previousAddress, address: origin?.address });
  }
}
