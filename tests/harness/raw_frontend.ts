/**
 * A frontend on bare connections, which closes them in ways that libzmq would not.
 *
 * @module
 */

import { RawPeer } from "./raw_peer.ts";

/** Does the handshake on each connection, lets a handler use it, and then closes it. */
export class RawFrontend implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #serving: Promise<void>;
  readonly #open = new Set<Deno.Conn>();

  private constructor(handle: (connection: RawPeer) => Promise<void>) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serving = this.#serve(handle);
  }

  /**
   * Starts a frontend. Needs IPv4 and the network permission.
   *
   * @param handle Uses a connection, which is closed afterwards. Its errors are ignored, since clients may leave at any
   * time.
   */
  static start(handle: (connection: RawPeer) => Promise<void>): RawFrontend {
    return new RawFrontend(handle);
  }

  /** Where it listens. */
  get endpoint(): string {
    return `tcp://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Takes no further connections. */
  stopListening(): void {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Closes it and all its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopListening();
    for (const connection of this.#open) connection.close();
    await this.#serving;
  }

  async #serve(handle: (connection: RawPeer) => Promise<void>): Promise<void> {
    const handling: Promise<void>[] = [];
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      handling.push(this.#handle(connection, handle).catch(() => undefined));
    }
    await Promise.all(handling);
  }

  async #handle(connection: Deno.Conn, handle: (connection: RawPeer) => Promise<void>): Promise<void> {
    try {
      using peer = await RawPeer.shakeHands(connection, "ROUTER");
      await handle(peer);
    } finally {
      this.#open.delete(connection);
    }
  }
}
