/**
 * The Lazy Pirate client of the ZeroMQ Guide: sends a request, waits for the reply, and on a timeout closes its socket,
 * opens a new one and sends the request again, to the next queue if there are several.
 *
 * @module
 */

import { isIpv6 } from "../endpoint.ts";
import type { Frames } from "../lru.ts";
import { ContextOption, IntOption, SOCKET_LIMIT, SocketType } from "../zmq/constants.ts";
import { type LazyPirateOptions, readClientOptions } from "./config.ts";
import { watchPeer } from "../zmq/keepalive.ts";
import { loadLibrary } from "../zmq/library.ts";
import { Context } from "../zmq/context.ts";
import type { Socket } from "../zmq/socket.ts";
import { Waiter, type WaiterOptions } from "../zmq/waiter.ts";

/** The pause before a further try is random, up to this part of the timeout: clients that failed together spread out. */
const RETRY_PAUSE_PART = 0.1;
const MAX_RETRY_PAUSE_MS = 250;

/** How one request is to be made. */
export interface RequestOptions {
  /** Aborted: the request is given up. */
  readonly signal?: AbortSignal;
  /**
   * Says whether a reply is the one that is wanted; another is not taken, and when the time is over the client tries
   * again.
   *
   * @default any is
   */
  readonly accept?: (reply: Frames) => boolean;
  /** Called before the request is sent again, with the number of tries so far. */
  readonly onRetry?: (tries: number) => void;
}

/** Why a request has no reply. */
export type NoReplyReason =
  /** Connected, and no reply came: no worker is there, it takes longer, or its job fails. */
  | "NO_ANSWER"
  /** Replies came, and {@linkcode RequestOptions.accept} took none. */
  | "NOT_ACCEPTED";

/** No reply came after all tries; the message says why, as far as it is known. */
export class NoReplyError extends Error {
  /** The class's name. */
  override readonly name = "NoReplyError";
  /** A stable code for programs. */
  readonly code = "NO_REPLY";
  /** Why, a stable code for programs. */
  readonly reason: NoReplyReason;

  /**
   * Makes the error.
   *
   * @param message What happened, a sentence.
   * @param reason Why.
   */
  constructor(message: string, reason: NoReplyReason) {
    super(message);
    this.reason = reason;
  }
}

/** The request was given up: its signal was aborted, or its client was closed. */
export class RequestAbortedError extends Error {
  /** The class's name. */
  override readonly name = "RequestAbortedError";
  /** A stable code for programs. */
  readonly code = "ABORTED";
}

/** What a client opens with its first request. */
interface Opened {
  readonly context: Context;
  readonly waiter: Waiter;
}

/** A connection to a queue, for one request at a time. */
interface Connection {
  readonly socket: Socket;
  /** The index of its endpoint. */
  readonly index: number;
}

/** What its caller wants. */
interface PendingRequest {
  readonly body: Frames;
  readonly options: RequestOptions;
}

/** Where it ends. */
interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A Lazy Pirate client, for any number of requests at once: each that is under way has a REQ socket, and so a connection,
 * of its own, which the next one takes over. After a try without a reply the connections to that queue that have no
 * request are closed, and further tries make new ones.
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
  #isClosed = false;
  /** Connections without a request, by the index of their endpoint. */
  readonly #idle: readonly Connection[][];
  /** The index of the endpoint that answered last. */
  #preferred = 0;
  #opening: Promise<Opened> | undefined;
  /** The same once it is open. */
  #opened: Opened | undefined;

  /**
   * Makes a client; it loads libzmq and connects with its first request.
   *
   * @param options How it is to be.
   * @throws {TypeError} When an option is unknown or of the wrong type.
   * @throws {RangeError} When a value is wrong.
   */
  constructor(options: LazyPirateOptions = {}) {
    const { connect, timeout, retries, blockMs } = readClientOptions(options);
    this.#endpoints = connect;
    this.#timeoutMs = timeout;
    this.#retries = retries;
    this.#blockMs = blockMs;
    this.#idle = connect.map(() => []);
  }

  /**
   * Sends a request and waits for its reply. Requests that are made at once go out at once.
   *
   * @param body The request's frames, at least one; not to be changed before the reply.
   * @param options How it is to be made.
   * @returns The reply's frames, the caller's own.
   * @throws {NoReplyError} When no reply came after all tries.
   * @throws {RequestAbortedError} When the signal was aborted, or the client closed meanwhile.
   * @throws {LibraryError} When libzmq cannot be loaded.
   * @throws {ZmqError} When libzmq does not take an endpoint.
   * @throws {Error} When the client was closed before.
   */
  request(body: Frames, options: RequestOptions = {}): Promise<Frames> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error("Cannot send a request after the client was closed");
      if (body.length === 0) throw new RangeError("Cannot send a request without frames: at least 1 is needed");
      this.#checkGivenUp(options);
      const request = { body, options };
      const settle = { resolve, reject };
      if (this.#opened !== undefined) this.#ask(this.#opened, request, settle);
      else this.#open().then((opened) => this.#ask(opened, request, settle)).catch(reject);
    });
  }

  /** Closes the client; requests that are under way reject with {@linkcode RequestAbortedError}. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    // Whoever made the requests has been told why nothing could be opened.
    const opened = await this.#opening?.catch(() => undefined);
    if (opened === undefined) return;
    // By now all who have a connection wait, and close it when they have waited.
    opened.waiter.endWaits();
    for (const { socket } of this.#idle.flat()) socket.close();
    await opened.waiter[Symbol.asyncDispose]();
    opened.context.close();
  }

  async #open(): Promise<Opened> {
    return this.#opened = await (this.#opening ??= open({ blockMs: this.#blockMs }));
  }

  /** Makes the first try, which is all for most requests: promises between it and its reply would cost as much as our work. */
  #ask(opened: Opened, request: PendingRequest, { resolve, reject }: Settle<Frames>): void {
    this.#checkGivenUp(request.options);
    const index = this.#preferred;
    const connection = this.#idle[index]!.pop() ?? this.#connect(opened, index);
    const take = (reply: Frames | undefined) => {
      if (reply !== undefined) resolve(reply);
      else this.#askAgain(opened, request, index).then(resolve, reject);
    };
    this.#try(connection, request, opened.waiter, { resolve: take, reject });
  }

  /** Makes the tries after the first one, which went to the endpoint with this index. */
  async #askAgain(opened: Opened, request: PendingRequest, firstIndex: number): Promise<Frames> {
    const { options } = request;
    let index = firstIndex;
    for (let tries = 1;; tries++) {
      this.#checkGivenUp(options);
      // Nothing tells a connection whose other end is gone without a word from one without a request.
      for (const { socket } of this.#idle[index]!.splice(0)) socket.close();
      if (tries >= this.#retries) throw this.#noReply(tries);
      options.onRetry?.(tries);
      index = (index + 1) % this.#endpoints.length;
      const pauseMs = Math.random() * Math.min(this.#timeoutMs * RETRY_PAUSE_PART, MAX_RETRY_PAUSE_MS);
      await opened.waiter.wait([], pauseMs, options.signal);
      this.#checkGivenUp(options);
      // What has kept one connection from its reply may have ended those without a request, too.
      const connection = this.#connect(opened, index);
      const { promise, ...settle } = Promise.withResolvers<Frames | undefined>();
      this.#try(connection, request, opened.waiter, settle);
      const reply = await promise;
      if (reply !== undefined) return reply;
    }
  }

  /** One try: brings `undefined` when the time was over or the request given up, and then the connection is closed. */
  #try(connection: Connection, request: PendingRequest, waiter: Waiter, settle: Settle<Frames | undefined>): void {
    const { socket, index } = connection;
    const { body, options } = request;
    const deadlineMs = performance.now() + this.#timeoutMs;
    let awaited = [socket];
    const look = () => {
      try {
        const reply = awaited[0]?.receive();
        if (reply !== undefined && options.accept?.(reply) !== false) {
          this.#idle[index]!.push(connection);
          this.#preferred = index;
          return settle.resolve(reply);
        }
        // A REQ gives one reply to a request: after one that is not accepted there is none to come.
        if (reply !== undefined) awaited = [];
        if (performance.now() < deadlineMs && !this.#isGivenUp(options)) return goOn();
        socket.close();
        settle.resolve(undefined);
      } catch (error) {
        socket.close();
        settle.reject(error);
      }
    };
    const goOn = () => waiter.watch(awaited, deadlineMs, options.signal, look);
    try {
      // False when the queue is gone and has left too much unsent; then the time passes as it would without a reply.
      socket.send(body);
      goOn();
    } catch (error) {
      socket.close();
      settle.reject(error);
    }
  }

  #isGivenUp({ signal }: RequestOptions): boolean {
    return this.#isClosed || signal?.aborted === true;
  }

  #checkGivenUp(options: RequestOptions): void {
    if (this.#isGivenUp(options)) throw new RequestAbortedError("The request was given up");
  }

  #connect({ context }: Opened, index: number): Connection {
    return { socket: connect(context, this.#endpoints[index]!), index };
  }

  #noReply(tries: number): NoReplyError {
    const queues = this.#endpoints.map((endpoint) => `"${endpoint}"`).join(", ");
    const sentence =
      `No reply from ${queues} after ${tries} tries of ${this.#timeoutMs} ms: the server seems to be offline`;
    return new NoReplyError(sentence, "NO_ANSWER");
  }
}

async function open(options: WaiterOptions): Promise<Opened> {
  const library = await loadLibrary();
  using opened = new DisposableStack();
  const context = opened.use(Context.open(library, [[ContextOption.MAX_SOCKETS, SOCKET_LIMIT]]));
  const waiter = new Waiter(library, context, options);
  opened.move();
  return { context, waiter };
}

function connect(context: Context, endpoint: string): Socket {
  // A socket that is left open would keep its context from ending.
  using opened = new DisposableStack();
  const socket = opened.use(context.socket(SocketType.REQ, 0));
  socket.setInt(IntOption.IPV6, isIpv6(endpoint) ? 1 : 0);
  watchPeer(socket);
  socket.connect(endpoint);
  opened.move();
  return socket;
}
