/**
 * Connections to NATS servers with Node's sockets, which can use a client certificate; `Deno.startTls` cannot.
 *
 * @module
 */

import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Connection, type Dial, joined, type NextStep } from "./connections.ts";

/** How many received bytes may wait to be read before the socket is paused. */
const UNREAD_BYTES = 1024 ** 2;

/** A client certificate for TLS. */
export interface ClientCertificate {
  /** The certificate, followed by its chain, in PEM form. */
  readonly cert: string;
  /** Its secret key, in PEM form. */
  readonly key: string;
}

/**
 * Connects with Node's sockets.
 *
 * @param ca CA certificates to trust, in PEM form. Some versions of Deno then trust no others.
 * @param certificate The certificate for servers that ask for one.
 */
export function nodeDial(ca: string | undefined, certificate: ClientCertificate): Dial {
  const trusted = ca === undefined ? {} : { ca: [ca] };
  return ({ hostname, port, tlsName, judge, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const plain = connectSocket({ host: hostname, port });
    const fail = (error: Error) => {
      signal.removeEventListener("abort", giveUp);
      // TLS ends with the socket below it.
      plain.destroy();
      reject(error);
    };
    const succeed = (socket: Socket) => {
      signal.removeEventListener("abort", giveUp);
      resolve(new NodeConnection(socket));
    };
    const giveUp = () => fail(new Error("the connection was given up"));
    signal.addEventListener("abort", giveUp);
    const onEnd = () => fail(new Error("the server closed the connection"));
    plain.on("error", fail).on("close", onEnd).once("connect", () => plain.setNoDelay(true));
    let said = new Uint8Array();
    plain.on("data", function onData(bytes: Uint8Array) {
      said = joined(said, bytes);
      let next: NextStep;
      try {
        next = judge(said);
      } catch (error) {
        return fail(error as Error);
      }
      if (next === "read more") return;
      plain.off("data", onData);
      if (next === "go on") return succeed(plain);
      // Without delay: some versions of Deno never start TLS once the next unencrypted read has begun. Given the host alone,
      // TLS checks the certificate against it, even if it is an IP address.
      const encrypted = connectTls({ socket: plain, host: tlsName, ...trusted, ...certificate });
      encrypted.on("error", fail).once("secureConnect", () => succeed(encrypted));
    });
    return promise;
  };
}

/** Node's socket as a {@linkcode Connection}. */
class NodeConnection implements Connection {
  readonly #socket: Socket;
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #error: Error | undefined;
  #isOver = false;
  #change = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    socket.on("error", (error) => {
      this.#error ??= error;
      this.#announce();
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#isOver = true;
        this.#announce();
      });
    }
  }

  async read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    while (this.#unread.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#isOver) return null;
      await this.#change.promise;
    }
    const first = this.#unread.shift()!;
    const count = Math.min(first.length, buffer.length);
    buffer.set(first.subarray(0, count));
    if (count < first.length) this.#unread.unshift(first.subarray(count));
    this.#unreadBytes -= count;
    if (this.#unreadBytes < UNREAD_BYTES) this.#socket.resume();
    return count;
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    if (this.#unreadBytes >= UNREAD_BYTES) this.#socket.pause();
    this.#announce();
  }

  #announce(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
