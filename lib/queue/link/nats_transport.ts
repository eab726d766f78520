/**
 * How the NATS client reaches a server: on Deno's own connections. The client's transport for Node hangs over TLS on some
 * versions of Deno.
 *
 * @module
 */

import type { ConnectionOptions, Server, Transport } from "@nats-io/nats-core";

/** The longest first line of a server that is read. */
const MAX_INFO_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;

/** What a server says first. */
interface ServerGreeting {
  readonly tls_required?: boolean;
  readonly tls_available?: boolean;
}

/** A connection to a server. */
export class NatsTransport implements Transport {
  /** What the server is told of the client. */
  readonly lang = "deno";
  /** What the server is told of the client. */
  readonly version: string;
  /** Why the connection ended. */
  closeError?: Error;
  readonly #needsTls: (server: Server) => boolean;
  readonly #caCerts: string[];
  readonly #closed = Promise.withResolvers<void | Error>();
  #connection: Deno.Conn | undefined;
  #greeting: Uint8Array<ArrayBuffer> = new Uint8Array();
  #isEncrypted = false;
  #isDone = false;
  #unsent: Uint8Array[] = [];
  #isWriting = false;

  /**
   * @param version The version that the server is told.
   * @param needsTls Whether a server must speak TLS.
   * @param caCerts Further certificates that servers' certificates may be signed with, in PEM form.
   */
  constructor(version: string, needsTls: (server: Server) => boolean, caCerts: string[]) {
    this.version = version;
    this.#needsTls = needsTls;
    this.#caCerts = caCerts;
  }

  /** @see Transport.isClosed */
  get isClosed(): boolean {
    return this.#isDone;
  }

  /** @see Transport.connect */
  async connect(server: Server, _options: ConnectionOptions): Promise<void> {
    const { hostname, port } = server;
    const connection = await Deno.connect({ hostname, port });
    this.#connection = connection;
    try {
      connection.setNoDelay(true);
      const greeting = await this.#readGreeting(connection);
      if (greeting.tls_required === true || this.#needsTls(server)) {
        if (greeting.tls_required !== true && greeting.tls_available !== true) {
          throw new Error("the server does not speak TLS");
        }
        const caCerts = this.#caCerts;
        const encrypted = await Deno.startTls(connection, { hostname: server.tlsName || hostname, caCerts });
        this.#connection = encrypted;
        await encrypted.handshake();
        this.#isEncrypted = true;
      }
    } catch (error) {
      this.discard();
      throw error;
    }
    if (this.#isDone) this.discard();
  }

  /** @see Transport */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield this.#greeting;
    const buffer = new Uint8Array(READ_BYTES);
    let error: Error | undefined;
    try {
      while (!this.#isDone) {
        const count = await this.#connection!.read(buffer);
        if (count === null) break;
        // The client keeps parts of what it is given.
        yield buffer.slice(0, count);
      }
    } catch (thrown) {
      error = thrown as Error;
    }
    this.#end(error);
  }

  /** @see Transport.isEncrypted */
  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /** @see Transport.send */
  send(frame: Uint8Array): void {
    if (this.#isDone) return;
    this.#unsent.push(frame);
    if (!this.#isWriting) this.#write();
  }

  /** @see Transport.close */
  async close(error?: Error): Promise<void> {
    this.#end(error);
    await this.#closed.promise;
  }

  /** @see Transport.disconnect */
  disconnect(): void {
    this.#end(undefined);
  }

  /** @see Transport.closed */
  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** @see Transport.discard */
  discard(): void {
    this.#end(undefined);
  }

  async #readGreeting(connection: Deno.Conn): Promise<ServerGreeting> {
    const buffer = new Uint8Array(MAX_INFO_BYTES);
    let length = 0;
    while (length < buffer.length) {
      const count = await connection.read(buffer.subarray(length));
      if (count === null) throw new Error("the server closed the connection");
      length += count;
      const text = new TextDecoder().decode(buffer.subarray(0, length));
      if (!text.includes("\r\n")) continue;
      const info = /^INFO\s+(\{.*\})\s*\r\n/i.exec(text)?.[1];
      if (info === undefined) break;
      this.#greeting = buffer.slice(0, length);
      return JSON.parse(info) as ServerGreeting;
    }
    throw new Error("the server does not speak NATS");
  }

  /** Writes what is unsent, in order. What cannot be written is dropped: reading then fails, too. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let frame = this.#unsent.shift(); frame !== undefined; frame = this.#unsent.shift()) {
        for (let sent = 0; sent < frame.length;) sent += await this.#connection!.write(frame.subarray(sent));
      }
    } catch {
      this.#unsent.length = 0;
    }
    this.#isWriting = false;
    if (this.#isDone) this.#closeConnection();
  }

  #end(error: Error | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (error !== undefined) this.closeError = error;
    // What was sent before is still written, unless the connection fails.
    if (!this.#isWriting || error !== undefined) this.#closeConnection();
    this.#closed.resolve(error);
  }

  #closeConnection(): void {
    try {
      this.#connection?.close();
    } catch {
      // It was closed before.
    }
  }
}
