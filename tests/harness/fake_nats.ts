/**
 * A NATS server in the test's process that sends only what the test wants, to imitate what real servers rarely do.
 *
 * @module
 */

import { concatenate } from "../../lib/lru.ts";
import { toBytes, toText } from "./peers.ts";
import { within } from "./deadline.ts";

/** What a client sent: the words of a line, and the payload of a `PUB`. */
export interface Said {
  /** `SUB`, `PUB` or `CONNECT`. */
  readonly verb: string;
  /** The rest of the line. */
  readonly words: readonly string[];
  /** The payload of a `PUB`. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

const GREETING = { server_id: "fake", version: "2.9.0", proto: 1, headers: true, max_payload: 1024 ** 2 };

/** A client's connection. It answers pings. */
export class FakeNatsConnection {
  readonly #connection: Deno.Conn;
  readonly #said: Said[] = [];
  readonly #subscriptions: { readonly subject: string; readonly id: string }[] = [];
  #change = Promise.withResolvers<void>();
  #isOver = false;

  /** @param connection The connection, from which nothing was read yet. */
  constructor(connection: Deno.Conn) {
    this.#connection = connection;
    this.#read();
  }

  /** Whether the client has closed it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends something. */
  async write(text: string): Promise<void> {
    await this.writeBytes(toBytes(text));
  }

  /** Sends bytes. */
  async writeBytes(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  /** Sends a message on a subject that the client has subscribed to. */
  async deliver(subject: string, payload: string | Uint8Array<ArrayBuffer>): Promise<void> {
    await this.deliverAll(subject, [payload]);
  }

  /** Delivers several messages at once. */
  async deliverAll(subject: string, payloads: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<void> {
    const pieces = payloads.flatMap((payload) => {
      const bytes = toBytes(payload);
      return [toBytes(`MSG ${subject} ${this.#idOf(subject)} ${bytes.length}\r\n`), bytes, toBytes("\r\n")];
    });
    await this.writeBytes(concatenate(pieces));
  }

  /** Reports that a message had no listeners. */
  async deliverAbsence(reply: string): Promise<void> {
    const headers = "NATS/1.0 503\r\n\r\n";
    await this.write(`HMSG ${reply} ${this.#idOf(reply)} ${headers.length} ${headers.length}\r\n${headers}\r\n`);
  }

  /**
   * Waits for a line from the client.
   *
   * @param verb `SUB`, `PUB` or `CONNECT`.
   * @param isMeant Whether a line is the one to wait for.
   * @returns The first such line that was not returned before.
   */
  async next(verb: string, isMeant: (said: Said) => boolean = () => true): Promise<Said> {
    for (;;) {
      const index = this.#said.findIndex((said) => said.verb === verb && isMeant(said));
      if (index >= 0) return this.#said.splice(index, 1)[0]!;
      await within(
        this.#change.promise,
        () => `${verb}; there is ${this.#said.map(({ verb, words }) => [verb, words])}`,
      );
    }
  }

  /** Waits until the client has closed it. */
  async over(): Promise<void> {
    while (!this.#isOver) await within(this.#change.promise, () => "the end of the connection");
  }

  /** Closes it. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // It was already closed.
    }
  }

  #idOf(subject: string): string {
    const isMeant = (pattern: string) =>
      pattern === subject || pattern.endsWith(">") && subject.startsWith(pattern.slice(0, -1));
    const known = this.#subscriptions.find((subscription) => isMeant(subscription.subject));
    if (known === undefined) throw new Error(`Nobody has subscribed to ${subject}`);
    return known.id;
  }

  async #read(): Promise<void> {
    let text = "";
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (
        let count = await this.#connection.read(buffer);
        count !== null;
        count = await this.#connection.read(buffer)
      ) {
        text += toText([buffer.slice(0, count)])[0];
        text = text.slice(await this.#take(text));
      }
    } catch {
      // It was closed here, or the other end has gone.
    }
    this.#isOver = true;
    this.#announce();
  }

  /** Consumes the whole lines of a text. Returns how many characters these were. */
  async #take(text: string): Promise<number> {
    let start = 0;
    for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n", start)) {
      const [verb = "", ...words] = text.slice(start, end).split(" ");
      let next = end + 2;
      let payload = "";
      if (verb === "PUB") {
        const size = Number(words.at(-1));
        if (text.length < next + size + 2) return start;
        payload = text.slice(next, next + size);
        next += size + 2;
      }
      start = next;
      if (verb === "PING") await this.write("PONG\r\n");
      else if (verb !== "PONG") this.#said.push({ verb, words, payload: toBytes(payload) });
      if (verb === "SUB") this.#subscriptions.push({ subject: words[0]!, id: words.at(-1)! });
      this.#announce();
    }
    return start;
  }

  #announce(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}

/** See the module. */
export class FakeNats implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #connections: FakeNatsConnection[] = [];

  /** @param port Its port; by default any free one. */
  constructor(port = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
  }

  /** Its port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits for a client, and sends nothing. */
  async accept(): Promise<FakeNatsConnection> {
    const accepting = this.#listener.accept();
    const connection = new FakeNatsConnection(await within(accepting, () => "a connection"));
    this.#connections.push(connection);
    return connection;
  }

  /**
   * Waits for a client, greets it, and waits until it has subscribed twice, as a queue does.
   *
   * @param greeting Fields that differ from the usual greeting.
   */
  async serve(greeting: Readonly<Record<string, unknown>> = {}): Promise<FakeNatsConnection> {
    const connection = await this.accept();
    await connection.write(greet(greeting));
    for (let i = 0; i < 2; i++) await connection.next("SUB");
    return connection;
  }

  /** Closes it with all connections. */
  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
  }
}

/**
 * A greeting.
 *
 * @param changes Fields that differ from the usual ones.
 */
export function greet(changes: Readonly<Record<string, unknown>> = {}): string {
  return `INFO ${JSON.stringify({ ...GREETING, ...changes })} \r\n`;
}
