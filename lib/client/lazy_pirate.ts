/**
 * The Lazy Pirate client of the ZeroMQ Guide: sends a request, waits for the reply, and on a timeout closes its socket,
 * opens a new one and sends the request again, to the next queue if there are several.
 *
 * @module
 */

import { isIpv6, parseEndpoint } from "../endpoint.ts";
import type { Frames } from "../lru.ts";
import { type Duration, durationMs } from "../units.ts";
import { ContextOption, IntOption, SOCKET_LIMIT, SocketType } from "../zmq/constants.ts";
import { watchPeer } from "../zmq/keepalive.ts";
import { loadLibrary } from "../zmq/library.ts";
import { Context } from "../zmq/context.ts";
import type { Socket } from "../zmq/socket.ts";
import { Waiter, type WaiterOptions } from "../zmq/waiter.ts";

/** The queue's frontend, as in the Guide. */
export const DEFAULT_FRONTEND = "tcp://localhost:5555";
/** How long the client waits for a reply before it tries again, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 2500;
/** How often the client sends a request at most. */
export const DEFAULT_RETRIES = 3;
/** The pause before a further try is random, up to this part of the timeout: clients that failed together spread out. */
const RETRY_PAUSE_PART = 0.1;
const MAX_RETRY_PAUSE_MS = 250;

/** How a client is to be. */
export interface LazyPirateOptions {
  /**
   * The queues' frontends, at least one. A request goes to the one that answered last; each further try goes to the next.
   *
   * @default ["tcp://localhost:5555"]
   */
  readonly endpoints?: readonly string[];
  /**
   * How long a try waits for the reply, more than 0: milliseconds, or text such as `"2500ms"`.
   *
   * @default 2500
   */
  readonly timeout?: Duration;
  /**
   * How often a request is sent at most, 1 or more.
   *
   * @default 3
   */
  readonly retries?: number;
  /**
   * How long the client may block the JavaScript thread at a time while it waits, in milliseconds. For programs that do nothing
   * else meanwhile: replies that come sooner cost less processor time, since no other thread has to wait for them.
   *
   * @default 0
   */
  readonly blockMs?: number;
}

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

/** No reply came after all tries: the server seems to be offline. */
export class Abandoned extends Error {
  /** The class's name. */
  override readonly name = "Abandoned";
  /** A stable word for programs. */
  readonly code = "ABANDONED";
}

/** The request was given up by its signal, or since its client was closed. */
export class Aborted extends Error {
  /** The class's name. */
  override readonly name = "Aborted";
  /** A stable word for programs. */
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
 * import { Abandoned, LazyPirate } from "@spqueue/spqueue/client";
 * import { assertRejects } from "@std/assert";
 *
 * await using client = new LazyPirate({ endpoints: ["tcp://localhost:1"], timeout: "10ms", retries: 2 });
 * const request = client.request([new TextEncoder().encode("hello")]);
 * await assertRejects(() => request, Abandoned); // nobody listens there
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
   * @throws {RangeError} When an option is wrong.
   */
  constructor(options: LazyPirateOptions = {}) {
    const { endpoints = [DEFAULT_FRONTEND], timeout = DEFAULT_TIMEOUT_MS, retries = DEFAULT_RETRIES } = options;
    if (endpoints.length === 0) throw new RangeError("Cannot make a client without endpoints: at least 1 is needed");
    this.#endpoints = endpoints.map((endpoint) => parseEndpoint(endpoint, "connect"));
    this.#timeoutMs = durationMs(timeout, "timeout");
    this.#retries = retries;
    this.#blockMs = options.blockMs ?? 0;
    if (!(this.#timeoutMs > 0)) throw new RangeError("Cannot wait 0 ms for a reply: more than 0 are needed");
    if (!(this.#blockMs >= 0)) throw new RangeError(`Cannot block for ${this.#blockMs} ms: it must be 0 or more`);
    if (!(retries >= 1)) throw new RangeError(`Cannot send a request ${retries} times: at least 1 is needed`);
    this.#idle = endpoints.map(() => []);
  }

  /**
   * Sends a request and waits for its reply. Requests that are made at once go out at once.
   *
   * @param body The request's frames, at least one; not to be changed before the reply.
   * @param options How it is to be made.
   * @returns The reply's frames, the caller's own.
   * @throws {Abandoned} When no reply came after all tries.
   * @throws {Aborted} When the signal was aborted, or the client closed meanwhile.
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

  /** Closes the client; requests that are under way reject with {@linkcode Aborted}. */
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
      if (tries >= this.#retries) throw new Abandoned(this.#abandonment(tries));
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
    if (this.#isGivenUp(options)) throw new Aborted("The request was given up");
  }

  #connect({ context }: Opened, index: number): Connection {
    return { socket: connect(context, this.#endpoints[index]!), index };
  }

  #abandonment(tries: number): string {
    const queues = this.#endpoints.map((endpoint) => `"${endpoint}"`).join(", ");
    return `No reply from ${queues} after ${tries} tries of ${this.#timeoutMs} ms: the server seems to be offline`;
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
