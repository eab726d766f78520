/**
 * The Lazy Pirate client of the ZeroMQ Guide: sends a request, waits for the reply, and on a timeout closes its socket,
 * opens a new one, and sends the request again, to the next queue if there are several.
 *
 * @module
 */

import { type KeyText, readPeerKey } from "../access/peer_key.ts";
import type { Frames } from "../lru.ts";
import { refusableBytes, sendingSentence, wasBeingSent } from "../sending.ts";
import { ConnectError } from "../zmq/connect_error.ts";
import { Connector } from "../zmq/connector.ts";
import { ContextOption, SOCKET_LIMIT } from "../zmq/constants.ts";
import { Context } from "../zmq/context.ts";
import { loadLibrary } from "../zmq/library.ts";
import type { PeerSocket } from "../zmq/peer_socket.ts";
import { type Waitable, Waiter } from "../zmq/waiter.ts";
import { type LazyPirateOptions, readClientOptions } from "./config.ts";
import { type Connection, IdleConnections } from "./idle_connections.ts";
import { type NoReplyCause, NoReplyCauses } from "./no_reply.ts";

/**
 * The pause before a further try is random, up to this fraction of the timeout, so that clients that failed together
 * spread out.
 */
const RETRY_PAUSE_FRACTION = 0.1;
/** The longest total of all pauses of a request, in milliseconds. */
const MAX_RETRY_PAUSES_MS = 250;
/** Pauses while a queue cannot be reached. They are short, since each try has a time limit. */
const RECONNECT_BACKOFF = { firstMs: 50, maxMs: 200 };

export { NoReplyError, type NoReplyReason } from "./no_reply.ts";

/** Options of one request. */
export interface RequestOptions {
  /** Abort it to give up the request. */
  readonly signal?: AbortSignal;
  /**
   * Returns whether a reply is the right one. A wrong reply is ignored, and the client tries again when the try's time
   * is over.
   *
   * @default every reply is right
   */
  readonly accept?: (reply: Frames) => boolean;
  /** Called before each retry, with the number of tries so far. */
  readonly onRetry?: (tries: number) => void;
}

/** The request was given up: its signal was aborted, or its client was closed. */
export class RequestAbortedError extends Error {
  /** The class's name. */
  override readonly name = "RequestAbortedError";
  /** A stable code for programs. */
  readonly code = "ABORTED";
}

/** What a client opens for its first request. */
interface Opened {
  readonly context: Context;
  readonly waiter: Waiter;
  /** One for each endpoint. */
  readonly connectors: readonly Connector[];
}

/** A connection to a queue. */
interface QueueConnection extends Connection {
  readonly peer: PeerSocket;
  /** The sockets to wait for while it carries a request. */
  readonly awaited: readonly Waitable[];
}

/** A request as the caller made it. */
interface PendingRequest {
  readonly body: Frames;
  readonly options: RequestOptions;
}

/** The functions that settle a promise. */
interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** Why there was no reply on a connection. */
interface Failure extends NoReplyCause {
  /** Whether the connection has ended, so that no reply can come. */
  readonly hasEnded: boolean;
  /** The size of the request in bytes if it was still being sent when the connection ended; 0 if it had been sent. */
  readonly bytesBeingSent: number;
}

/** A try of a request. */
interface Try {
  /** The index of the endpoint; it changes when the try moves on to the next queue. */
  index: number;
  /** When the try's time is over, by `performance.now()`. */
  readonly deadlineMs: number;
  /** The result of the first connection, if one was used already. */
  readonly outcome?: Frames | Failure;
}

const NOTHING: readonly Waitable[] = [];

/**
 * A Lazy Pirate client, for any number of requests at once. Each request has its own REQ socket, and so its own
 * connection, which a later request reuses. After a try without a reply, all idle connections to that queue are closed,
 * and further tries open new ones. Connections that have been idle for half a minute are closed, except one.
 *
 * When the connection that carries a request ends, its reply can no longer come. The client then sends the request once
 * more within the same try: to the next queue or, if there is only one, on a new connection.
 *
 * @example
 * ```ts
 * import { NoReplyError, LazyPirate } from "@spqueue/spqueue/client";
 * import { assertRejects } from "@std/assert";
 *
 * await using client = new LazyPirate({ connect: "tcp://localhost:1", timeout: "10ms", retries: 2 });
 * const request = client.request([new TextEncoder().encode("hello")]);
 * await assertRejects(() => request, NoReplyError); // nobody listens there
 * ```
 */
export class LazyPirate implements AsyncDisposable {
  readonly #endpoints: readonly string[];
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #blockMs: number;
  readonly #key: string | KeyText | undefined;
  readonly #closing = new AbortController();
  readonly #idle: IdleConnections<QueueConnection>;
  /** The index of the endpoint that answered most recently. */
  #preferred = 0;
  #opening: Promise<Opened> | undefined;
  /** The result of `#opening`, once it is open. */
  #opened: Opened | undefined;

  /**
   * Makes a client. It loads libzmq and connects when the first request is made.
   *
   * @param options Its options.
   * @throws {TypeError} When an option is unknown or of the wrong type.
   * @throws {RangeError} When a value is wrong.
   */
  constructor(options: LazyPirateOptions = {}) {
    const { connect, timeout, retries, blockMs } = readClientOptions(options);
    this.#key = options.key;
    this.#endpoints = connect;
    this.#timeoutMs = timeout;
    this.#retries = retries;
    this.#blockMs = blockMs;
    this.#idle = new IdleConnections(connect.length);
  }

  /**
   * Sends a request and waits for its reply. Any number of requests can be in progress at the same time.
   *
   * @param body The request's frames, at least one. Do not change them before the promise settles.
   * @param options Options of this request.
   * @returns The reply's frames, which belong to the caller.
   * @throws {NoReplyError} When no reply came after all tries.
   * @throws {RequestAbortedError} When the signal was aborted or the client was closed meanwhile.
   * @throws {LibraryError} When libzmq cannot be loaded.
   * @throws {KeyFileError} When the key cannot be used.
   * @throws {ZmqError} When libzmq fails.
   * @throws {Error} When the client was already closed.
   */
  request(body: Frames, options: RequestOptions = {}): Promise<Frames> {
    return new Promise((resolve, reject) => {
      if (this.#closing.signal.aborted) throw new Error("Cannot send a request after the client was closed");
      if (body.length === 0) throw new RangeError("Cannot send a request without frames: at least 1 is needed");
      this.#checkGivenUp(options);
      const request = { body, options };
      const settle = { resolve, reject };
      if (this.#opened !== undefined) this.#tryFirst(this.#opened, request, settle);
      else this.#open().then((opened) => this.#tryFirst(opened, request, settle)).catch(reject);
    });
  }

  /** Closes the client. Requests in progress reject with {@linkcode RequestAbortedError}. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    // If opening failed, the requests have already been rejected.
    const opened = await this.#opening?.catch(() => undefined);
    if (opened === undefined) return;
    await Promise.all(opened.connectors.map((connector) => connector[Symbol.asyncDispose]()));
    // After this turn of the event loop, each request that has a connection is waiting, and closes the connection when
    // its wait ends.
    await new Promise<void>((resolve) => setTimeout(resolve));
    opened.waiter.endWaits();
    this.#idle[Symbol.dispose]();
    await opened.waiter[Symbol.asyncDispose]();
    opened.context.close();
  }

  async #open(): Promise<Opened> {
    return this.#opened = await (this.#opening ??= open(this.#endpoints, this.#blockMs, this.#key));
  }

  /**
   * Makes the first try on an idle connection if there is one. Most requests need no more. This path uses no promises,
   * which would double its cost.
   */
  #tryFirst(opened: Opened, request: PendingRequest, { resolve, reject }: Settle<Frames>): void {
    this.#checkGivenUp(request.options);
    const index = this.#preferred;
    const nowMs = performance.now();
    const deadlineMs = nowMs + this.#timeoutMs;
    const goOn = (first: Try) => void this.#retry(opened, request, first).then(resolve, reject);
    const connection = this.#idle.take(index, nowMs);
    if (connection === undefined) return goOn({ index, deadlineMs });
    const take = (outcome: Frames | Failure) => {
      if (isReply(outcome)) resolve(outcome);
      else goOn({ index, deadlineMs, outcome });
    };
    connection.usedAtMs = nowMs;
    this.#exchange(connection, request, deadlineMs, opened.waiter, { resolve: take, reject });
  }

  /** Continues the first try, and makes the further ones. */
  async #retry(opened: Opened, request: PendingRequest, first: Try): Promise<Frames> {
    const { options } = request;
    const causes = new NoReplyCauses(this.#endpoints);
    let current = first;
    for (let tries = 1;; tries++) {
      const reply = await this.#continueTry(opened, request, current, causes);
      if (reply !== undefined) return reply;
      this.#checkGivenUp(options);
      // Idle connections look healthy even if the other end has vanished, so none is trusted any more.
      this.#idle.closeAll(current.index);
      if (tries >= this.#retries) throw causes.error(tries, this.#timeoutMs);
      options.onRetry?.(tries);
      const maxPauseMs = Math.min(this.#timeoutMs * RETRY_PAUSE_FRACTION, MAX_RETRY_PAUSES_MS / (this.#retries - 1));
      await opened.waiter.wait([], Math.random() * maxPauseMs, options.signal);
      this.#checkGivenUp(options);
      current = { index: this.#next(current.index), deadlineMs: performance.now() + this.#timeoutMs };
    }
  }

  /** Continues a try until a reply comes, or until the try's time is over; then it resolves to `undefined`. */
  async #continueTry(
    opened: Opened,
    request: PendingRequest,
    current: Try,
    causes: NoReplyCauses,
  ): Promise<Frames | undefined> {
    const { options } = request;
    let { outcome } = current;
    let isSecondSending = false;
    for (;;) {
      if (outcome !== undefined) {
        if (isReply(outcome)) return outcome;
        causes.set(current.index, outcome);
        if (!outcome.hasEnded || this.#isGivenUp(options)) return undefined;
        if (isSecondSending || await this.#isRefused(opened, current, outcome, options)) {
          // Wait until the try is over, so that a request that breaks every connection is not sent again without a
          // pause.
          await opened.waiter.wait([], Math.max(0, current.deadlineMs - performance.now()), options.signal);
          return undefined;
        }
        isSecondSending = true;
        current.index = this.#next(current.index);
      }
      const connection = await this.#connect(opened, current, options, causes);
      if (connection === undefined) return undefined;
      const { promise, ...settle } = Promise.withResolvers<Frames | Failure>();
      this.#exchange(connection, request, current.deadlineMs, opened.waiter, settle);
      outcome = await promise;
    }
  }

  /**
   * Whether the queue closed a connection because of the request: the request was being sent, and the queue is still there.
   */
  async #isRefused(opened: Opened, current: Try, failure: Failure, options: RequestOptions): Promise<boolean> {
    if (failure.bytesBeingSent === 0) return false;
    const connector = opened.connectors[current.index]!;
    const { failures } = connector;
    const peer = await this.#connectTo(connector, current, options);
    if (peer instanceof ConnectError) return false;
    peer.close(0);
    return connector.failures === failures;
  }

  /**
   * Makes a new connection for a try, to the next queue if this one cannot be reached. It uses no idle connection,
   * because the cause of the missing reply may have broken the idle ones, too.
   *
   * @returns The connection, or `undefined` when the try's time is over.
   */
  async #connect(
    opened: Opened,
    current: Try,
    options: RequestOptions,
    causes: NoReplyCauses,
  ): Promise<QueueConnection | undefined> {
    // Less than a millisecond counts as over.
    const isOver = () => current.deadlineMs - performance.now() < 1 || this.#isGivenUp(options);
    while (!isOver()) {
      const { index } = current;
      const peer = await this.#connectTo(opened.connectors[index]!, current, options);
      if (!(peer instanceof ConnectError)) {
        return { peer, index, awaited: [peer.socket, peer.events], usedAtMs: performance.now() };
      }
      causes.set(index, { reason: peer.code, text: peer.message });
      // The next try begins with the queue after the one at which this try ended.
      if (!isOver()) current.index = this.#next(index);
    }
    return undefined;
  }

  /** Connects, until the try's deadline at most. */
  async #connectTo(
    connector: Connector,
    { deadlineMs }: Try,
    options: RequestOptions,
  ): Promise<PeerSocket | ConnectError> {
    const limit = new AbortController();
    // The timer also keeps the process alive, which a name lookup does not.
    const timer = setTimeout(() => limit.abort(), Math.max(0, Math.ceil(deadlineMs - performance.now())));
    const signals = [limit.signal, ...(options.signal === undefined ? [] : [options.signal])];
    try {
      return await connector.connect({ signal: AbortSignal.any(signals) });
    } catch (error) {
      if (error instanceof ConnectError) return error;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a request on a connection and waits for the reply; closes the connection if none comes. */
  #exchange(
    connection: QueueConnection,
    request: PendingRequest,
    deadlineMs: number,
    waiter: Waiter,
    settle: Settle<Frames | Failure>,
  ): void {
    const { peer } = connection;
    const { body, options } = request;
    let awaited = connection.awaited;
    const look = () => {
      try {
        if (awaited !== NOTHING) {
          // The order matters: a reply that arrived before the connection ended can still be received once the end is
          // known.
          const state = peer.readAwaitedEvents();
          const reply = peer.socket.receive();
          if (reply !== undefined && options.accept?.(reply) !== false) {
            this.#keep(connection);
            return settle.resolve(reply);
          }
          // A REQ socket receives one reply per request, so no other can come after a wrong one.
          if (reply !== undefined) awaited = NOTHING;
          else if (state === "ended") return fail("CONNECTION_LOST");
        }
        if (performance.now() < deadlineMs && !this.#isGivenUp(options)) return goOn();
        fail(awaited === NOTHING ? "NOT_ACCEPTED" : "NO_ANSWER");
      } catch (error) {
        peer.close(0);
        settle.reject(error);
      }
    };
    const fail = (reason: "CONNECTION_LOST" | "NOT_ACCEPTED" | "NO_ANSWER") => {
      peer.close(0);
      settle.resolve(failureOf(connection, body, reason));
    };
    const goOn = () => waiter.watch(awaited, deadlineMs, options.signal, look);
    try {
      // `send` returns false when the queue has just gone. The event for the end of the connection will follow.
      peer.socket.send(body);
      goOn();
    } catch (error) {
      peer.close(0);
      settle.reject(error);
    }
  }

  /**
   * Keeps a connection for the next request, unless it has ended since the reply: the event for its end comes only
   * once.
   */
  #keep(connection: QueueConnection): void {
    this.#preferred = connection.index;
    if (connection.peer.state === "ended") return connection.peer.close(0);
    this.#idle.add(connection);
  }

  #next(index: number): number {
    return (index + 1) % this.#endpoints.length;
  }

  #isGivenUp({ signal }: RequestOptions): boolean {
    return this.#closing.signal.aborted || signal?.aborted === true;
  }

  #checkGivenUp(options: RequestOptions): void {
    if (this.#isGivenUp(options)) throw new RequestAbortedError("The request was given up");
  }
}

function isReply(outcome: Frames | Failure): outcome is Frames {
  return Array.isArray(outcome);
}

function failureOf(
  { peer, usedAtMs }: QueueConnection,
  body: Frames,
  reason: "CONNECTION_LOST" | "NOT_ACCEPTED" | "NO_ANSWER",
): Failure {
  const hasEnded = reason === "CONNECTION_LOST";
  if (!peer.wasReady) {
    const { code, message } = Connector.handshakeError(peer);
    return { reason: code, text: message, hasEnded, bytesBeingSent: 0 };
  }
  const bytes = hasEnded ? refusableBytes(body) : 0;
  if (wasBeingSent(bytes, performance.now() - usedAtMs)) {
    const text = sendingSentence("a request", bytes);
    return { reason: "CLOSED_WHILE_SENDING", text, hasEnded, bytesBeingSent: bytes };
  }
  const text = {
    CONNECTION_LOST: "the connection was lost before a reply came",
    NOT_ACCEPTED: "the reply was not the one that was expected",
    NO_ANSWER: "connected, but no reply came: there is no worker, the job takes longer, or it fails",
  }[reason];
  return { reason, text, hasEnded, bytesBeingSent: 0 };
}

async function open(
  endpoints: readonly string[],
  blockMs: number,
  key: string | KeyText | undefined,
): Promise<Opened> {
  const library = await loadLibrary();
  const keys = key === undefined ? undefined : await readPeerKey(key);
  using opened = new DisposableStack();
  const context = opened.use(Context.open(library, [[ContextOption.MAX_SOCKETS, SOCKET_LIMIT]]));
  const waiter = new Waiter(library, context, { blockMs });
  opened.move();
  const parts = { library, context, waiter, keys, backoff: RECONNECT_BACKOFF };
  return { context, waiter, connectors: endpoints.map((endpoint) => new Connector(endpoint, parts)) };
}
