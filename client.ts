/**
 * A Lazy Pirate client: sends a request, waits for the reply, and on a timeout closes its socket, opens a new one and
 * sends the request again.
 *
 * As a program it is the Guide's client, which counts: `deno task client --help`. As a library: {@linkcode LazyPirate}.
 *
 * @module
 */

import { CLIENT_PROGRAM, DEFAULT_CONNECT, DEFAULT_RETRIES, DEFAULT_TIMEOUT_MS } from "./lib/client_options.ts";
import { ExitCode, type OptionValues, runProgram } from "./lib/command_line.ts";
import { isIpv6, parseEndpoint } from "./lib/endpoint.ts";
import { Log, standardError } from "./lib/log.ts";
import { listenForSignals } from "./lib/signals.ts";
import { IntOption, SocketType } from "./lib/zmq/constants.ts";
import { type Library, loadLibrary } from "./lib/zmq/library.ts";
import { Context, type Socket } from "./lib/zmq/socket.ts";
import { Waiter } from "./lib/zmq/waiter.ts";

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];

/** How a client is to be. */
export interface LazyPirateOptions {
  /**
   * The queue's frontend.
   *
   * @default "tcp://localhost:5555"
   */
  readonly endpoint?: string;
  /**
   * How long it waits for a reply, in milliseconds, more than 0.
   *
   * @default 2500
   */
  readonly timeoutMs?: number;
  /**
   * How often a request is sent at most, 1 or more.
   *
   * @default 3
   */
  readonly retries?: number;
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

/** The request was given up by its signal. */
export class Aborted extends Error {
  /** The class's name. */
  override readonly name = "Aborted";
  /** A stable word for programs. */
  readonly code = "ABORTED";
}

/**
 * A Lazy Pirate client.
 *
 * @example
 * ```ts
 * import { Abandoned, LazyPirate } from "@spqueue/spqueue/client";
 * import { assertRejects } from "@std/assert";
 *
 * using client = await LazyPirate.open({ endpoint: "tcp://localhost:1", timeoutMs: 10 });
 * const request = client.request([new TextEncoder().encode("hello")]);
 * await assertRejects(() => request, Abandoned); // nobody listens there
 * ```
 */
export class LazyPirate implements Disposable {
  readonly #endpoint: string;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #context: Context;
  readonly #waiter: Waiter;
  #socket: Socket | undefined;
  #isBusy = false;

  private constructor(library: Library, options: LazyPirateOptions) {
    this.#endpoint = parseEndpoint(options.endpoint ?? DEFAULT_CONNECT, "connect");
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#retries = options.retries ?? DEFAULT_RETRIES;
    if (!(this.#retries >= 1)) {
      throw new RangeError(`Cannot send a request ${this.#retries} times: at least 1 is needed`);
    }
    if (!(this.#timeoutMs > 0)) {
      throw new RangeError(`Cannot wait ${this.#timeoutMs} ms for a reply: more than 0 are needed`);
    }
    this.#context = Context.open(library);
    this.#waiter = new Waiter(library, this.#context);
  }

  /**
   * Makes a client; it connects with its first request.
   *
   * @param options How it is to be.
   * @throws {LibraryError} When libzmq cannot be loaded.
   * @throws {RangeError} When an option is wrong.
   */
  static async open(options: LazyPirateOptions = {}): Promise<LazyPirate> {
    return new LazyPirate(await loadLibrary(), options);
  }

  /**
   * Sends a request and waits for its reply; one at a time.
   *
   * @param body The request's frames, at least one.
   * @param options How it is to be made.
   * @returns The reply's frames.
   * @throws {Abandoned} When no reply came after all tries.
   * @throws {Aborted} When the signal was aborted.
   * @throws {Error} When another request is under way, or the client is closed.
   */
  async request(body: Frames, options: RequestOptions = {}): Promise<Frames> {
    if (this.#isBusy) throw new Error("Cannot send a request while another one waits for its reply");
    if (body.length === 0) throw new RangeError("Cannot send a request without frames: at least 1 is needed");
    const { signal } = options;
    if (signal?.aborted) throw new Aborted("The request was given up");
    const wake = () => this.#waiter.wake();
    signal?.addEventListener("abort", wake);
    this.#isBusy = true;
    try {
      for (let tries = 1;; tries++) {
        const reply = await this.#try(body, options);
        if (reply !== undefined) return reply;
        this.#disconnect();
        if (signal?.aborted) throw new Aborted("The request was given up");
        if (tries >= this.#retries) {
          throw new Abandoned(
            `No reply from "${this.#endpoint}" after ${tries} tries of ${this.#timeoutMs} ms: the server seems to be offline`,
          );
        }
        options.onRetry?.(tries);
      }
    } finally {
      this.#isBusy = false;
      signal?.removeEventListener("abort", wake);
    }
  }

  /** Closes the client; no request may be under way. */
  [Symbol.dispose](): void {
    this.#disconnect();
    this.#waiter[Symbol.dispose]();
    this.#context.close();
  }

  /** One try: `undefined` when the time was over or the signal was aborted. */
  async #try(body: Frames, { signal, accept }: RequestOptions): Promise<Frames | undefined> {
    const socket = this.#socket ??= this.#connect();
    socket.send(body);
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      // A REQ gives one reply to a request. After one that is not accepted there is none to come, and the socket is closed
      // when the time is over.
      const reply = socket.readable ? socket.receive() : undefined;
      if (reply !== undefined && accept?.(reply) !== false) return reply;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || signal?.aborted) return undefined;
      await this.#waiter.wait([socket], leftMs);
    }
  }

  #connect(): Socket {
    // A socket that is left open would keep its context from ending.
    using opened = new DisposableStack();
    const socket = opened.use(this.#context.socket(SocketType.REQ, 0));
    socket.setInt(IntOption.IPV6, isIpv6(this.#endpoint) ? 1 : 0);
    socket.connect(this.#endpoint);
    opened.move();
    return socket;
  }

  #disconnect(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

async function main(options: OptionValues<typeof CLIENT_PROGRAM.options>): Promise<number> {
  const log = new Log(standardError(), options["log-format"]);
  const end = new AbortController();
  listenForSignals({ onFirst: () => end.abort() });
  using client = await LazyPirate.open({
    endpoint: options.connect,
    timeoutMs: options.timeout,
    retries: options.retries,
  });
  log.info("connecting", { connect: options.connect });
  let retries = 0;
  try {
    for (let sequence = 1; options.count === 0 || sequence <= options.count; sequence++) {
      await client.request([new TextEncoder().encode(`${sequence}`)], {
        signal: end.signal,
        accept: (reply) => {
          const isRight = reply.length === 1 && new TextDecoder().decode(reply[0]) === `${sequence}`;
          if (!isRight) log.warning("malformed reply", { expected: sequence, reply: replyText(reply) });
          return isRight;
        },
        onRetry: (tries) => {
          retries++;
          log.warning("no reply, trying again", { sequence, tries });
        },
      });
      log.info("reply", { sequence });
    }
    log.info("done", { answered: options.count, retries });
    return ExitCode.DONE;
  } catch (error) {
    if (error instanceof Aborted) return ExitCode.DONE;
    if (!(error instanceof Abandoned)) throw error;
    log.error("server seems to be offline, abandoning", { reason: error.message });
    return ExitCode.NO_REPLY;
  }
}

/** What a reply says, shortened, for the log. */
function replyText(reply: Frames): string[] {
  return reply.slice(0, 4).map((frame) => new TextDecoder().decode(frame.subarray(0, 40)));
}

if (import.meta.main) await runProgram(CLIENT_PROGRAM, main);
