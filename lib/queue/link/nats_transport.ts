/**
 * The NATS client's transport. The client's own transport for Node hangs over TLS on some versions of Deno.
 *
 * @module
 */

import type { Connection, Dial, NextStep } from "./connections.ts";
import type { ConnectionOptions, Server, Transport } from "@nats-io/nats-core";

/** The longest first line from a server that is accepted. */
const MAX_INFO_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;

/** A server's first message. */
interface ServerGreeting {
  readonly tls_required?: boolean;
  readonly tls_available?: boolean;
  /** Whether it asks for a client certificate. */
  readonly tls_verify?: boolean;
}

/** What a {@linkcode NatsTransport} needs. */
export interface NatsTransportParts {
  /** The version to send to the server. */
  readonly version: string;
  /** Whether a server must speak TLS. */
  readonly needsTls: (server: Server) => boolean;
  /** Connects. */
  readonly dial: Dial;
  /** Whether it shows a certificate to servers that ask for one. */
  readonly hasCertificate: boolean;
}

/** A connection to a server. */
export class NatsTransport implements Transport {
  /** What the server is told of the client. */
  readonly lang = "deno";
  /** What the server is told of the client. */
  readonly version: string;
  /** Why the connection ended. */
  closeError?: Error;
  /** Why it failed before the server sent anything encrypted. */
  failure?: Error;
  readonly #needsTls: (server: Server) => boolean;
  readonly #dial: Dial;
  readonly #hasCertificate: boolean;
  readonly #closed = Promise.withResolvers<void | Error>();
  readonly #givenUp = new AbortController();
  #connection: Connection | undefined;
  #greeting: Uint8Array<ArrayBuffer> = new Uint8Array();
  #isEncrypted = false;
  #hasHeard = false;
  #isDone = false;
  #unsent: Uint8Array<ArrayBuffer>[] = [];
  #isWriting = false;

  /** @param parts What it needs. */
  constructor({ version, needsTls, dial, hasCertificate }: NatsTransportParts) {
    this.version = version;
    this.#needsTls = needsTls;
    this.#dial = dial;
    this.#hasCertificate = hasCertificate;
  }

  /** @see Transport.isClosed */
  get isClosed(): boolean {
    return this.#isDone;
  }

  /** @see Transport.connect */
  async connect(server: Server, _options: ConnectionOptions): Promise<void> {
    const { hostname, port } = server;
    const tlsName = server.tlsName || hostname;
    const judge = (said: Uint8Array<ArrayBuffer>) => this.#judge(server, said);
    const { signal } = this.#givenUp;
    try {
      this.#connection = await this.#dial({ hostname, port, tlsName, judge, signal });
    } catch (error) {
      this.discard();
      throw error;
    }
    if (this.#isDone) {
      this.#closeConnection();
      throw new Error("the connection was given up");
    }
  }

  /** @see Transport */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const buffer = new Uint8Array(READ_BYTES);
    let error: Error | undefined;
    try {
      yield this.#greeting;
      while (!this.#isDone) {
        const count = await this.#connection!.read(buffer);
        if (count === null) break;
        this.#hasHeard = true;
        // A copy, since the client keeps parts of what it is given.
        yield buffer.slice(0, count);
      }
    } catch (thrown) {
      error = thrown as Error;
    } finally {
      // Also reached when the client stops reading because the data is not NATS. With TLS 1.3 a client has connected before
      // the server has checked its certificate.
      if (this.#isEncrypted && !this.#hasHeard && !this.#isDone) this.failure = this.#failureOf(error);
      this.#end(error);
    }
  }

  /** @see Transport.isEncrypted */
  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /** @see Transport.send */
  send(frame: Uint8Array): void {
    if (this.#isDone) return;
    this.#unsent.push(frame as Uint8Array<ArrayBuffer>);
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

  #failureOf(error: Error | undefined): Error {
    const what = this.#hasCertificate ? "TLS failed, or the server does not accept the certificate" : "TLS failed";
    return new Error(`${what}: ${error?.message ?? "the server closed the connection"}`);
  }

  /** Decides how to continue from what the server has sent. */
  #judge(server: Server, said: Uint8Array<ArrayBuffer>): NextStep {
    const text = new TextDecoder().decode(said);
    if (!text.includes("\r\n") && said.length < MAX_INFO_BYTES) return "read more";
    const info = /^INFO\s+(\{.*\})\s*\r\n/i.exec(text)?.[1];
    if (info === undefined) throw new Error("the server does not speak NATS");
    const greeting = JSON.parse(info) as ServerGreeting;
    this.#greeting = said;
    if (greeting.tls_required !== true && !this.#needsTls(server)) return "go on";
    if (greeting.tls_required !== true && greeting.tls_available !== true) {
      throw new Error("the server does not speak TLS");
    }
    if (greeting.tls_verify === true && !this.#hasCertificate) {
      throw new Error("the server asks for a certificate; name one with --nats-cert and --nats-key");
    }
    this.#isEncrypted = true;
    return "start TLS";
  }

  /** Writes the unsent frames in order. If that fails, they are dropped: reading then fails, too. */
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
    this.#givenUp.abort();
    // Frames that were sent before are still written, unless the connection fails.
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
