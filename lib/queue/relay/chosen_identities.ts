/**
 * Tracks connections whose peers chose their identity, which another connection may take over.
 *
 * libzmq (4.3.5) gives the identity to the new connection and forgets the old one without closing it: its peer would notice
 * nothing and wait forever. So the old connection is closed once the identity is free again, and its peer reconnects and
 * gets the identity back. It is not closed earlier: two peers that were given the same identity by mistake would keep taking
 * it from each other, along with their requests.
 *
 * @module
 */

/** Where a connection comes from. */
export interface Origin<C> {
  /** The peer's address, if it is known. */
  readonly address: string | undefined;
  /** The caller's handle of the connection, if it is known. */
  readonly connection: C | undefined;
}

/** An identity was taken over. */
export interface Takeover {
  /** The identity. */
  readonly identity: string;
  /** The address of the connection that had it, if known. */
  readonly previousAddress: string | undefined;
  /** The address of the connection that has it now, if known. */
  readonly address: string | undefined;
}

/** The effects of {@linkcode ChosenIdentities}. */
export interface ChosenIdentitiesOutput<C> {
  /** Whether a connection is still open. */
  isOpen(connection: C): boolean;
  /** Ends a connection, if it is still open. */
  end(connection: C): void;
  /** Reports a takeover, once the new connection has sent a message, has ended, or was itself taken over. */
  report(takeover: Takeover): void;
}

/** A connection whose peer chose its identity. */
interface Entry<C> {
  /** Where it comes from, once it has sent a message. */
  origin: Origin<C> | undefined;
  /** Connections from which the identity was taken. */
  replaced: C[];
  /** Whether a takeover must still be reported; {@linkcode Entry.previousAddress} is where the old connection came from. */
  isTakeoverUnreported: boolean;
  previousAddress: string | undefined;
}

/** Tracks connections by identity. */
export class ChosenIdentities<C> {
  readonly #output: ChosenIdentitiesOutput<C>;
  readonly #entries = new Map<string, Entry<C>>();
  /** How many connections have sent nothing yet. */
  #unheard = 0;

  /** @param output Carries out its effects. */
  constructor(output: ChosenIdentitiesOutput<C>) {
    this.#output = output;
  }

  /** Whether there are connections that have not sent their first message. */
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
      // Most have ended by themselves: clients that give up reconnect at once.
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
   * @param readOrigin Reads from the message where the connection comes from. Called for its first message only.
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
    // libzmq reports only the end of connections that speak ZMTP 1 or 2. If this is such an end, that connection had
    // replaced this one.
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
