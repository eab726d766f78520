/**
 * Notices when a worker's identity is taken over: another connection came with the same one, and libzmq closed the first.
 * Only the queue can know of it, and who runs the workers needs both addresses to find the two.
 *
 * @module
 */

/** An identity was taken over. */
export interface Takeover {
  /** The identity. */
  readonly worker: string;
  /** Where the connection came from that had it, if that is known. */
  readonly previousAddress: string | undefined;
  /** Where the connection comes from that has it now, if that is known. */
  readonly address: string | undefined;
}

/** Knows where the connections at the backend come from whose identities were chosen by their peers. */
export class WorkerAddresses {
  readonly #report: (takeover: Takeover) => void;
  /** By identity. The address of a connection is known once it has sent a message. */
  readonly #addresses = new Map<string, string | undefined>();
  /** By identity: takeovers that are reported when the new connection's address is known, with the previous address. */
  readonly #takeovers = new Map<string, string | undefined>();

  /** @param report Receives takeovers. */
  constructor(report: (takeover: Takeover) => void) {
    this.#report = report;
  }

  /** A connection was made. */
  connected(identity: string): void {
    if (this.#addresses.has(identity)) {
      this.#reportTakeover(identity);
      this.#takeovers.set(identity, this.#addresses.get(identity));
    }
    this.#addresses.set(identity, undefined);
  }

  /**
   * A connection sent a message.
   *
   * @param identity Its identity.
   * @param readAddress Reads its address from the message.
   */
  heard(identity: string, readAddress: () => string | undefined): void {
    if (!this.#addresses.has(identity) || this.#addresses.get(identity) !== undefined) return;
    this.#addresses.set(identity, readAddress());
    this.#reportTakeover(identity);
  }

  /** A connection ended. */
  gone(identity: string): void {
    this.#reportTakeover(identity);
    this.#addresses.delete(identity);
  }

  #reportTakeover(worker: string): void {
    if (!this.#takeovers.has(worker)) return;
    this.#report({ worker, previousAddress: this.#takeovers.get(worker), address: this.#addresses.get(worker) });
    this.#takeovers.delete(worker);
  }
}
