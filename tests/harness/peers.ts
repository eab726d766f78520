/**
 * Peers in this process: libzmq sockets under a test's full control.
 *
 * @module
 */

import type { Frames } from "../../lib/lru.ts";
import { BytesOption, Int64Option, IntOption, SocketType } from "../../lib/zmq/constants.ts";
import { delay } from "../../lib/delay.ts";
import { ZmqError } from "../../lib/zmq/error.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Context } from "../../lib/zmq/context.ts";
import { type ClientKeys, useClientKeys } from "../../lib/zmq/curve.ts";
import type { Socket } from "../../lib/zmq/socket.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { WAIT_MS } from "./deadline.ts";

/** A frame to send: bytes, or text in which each character stands for one byte. */
export type FrameLike = string | Uint8Array<ArrayBuffer>;

/** Options of a peer. */
export interface PeerOptions {
  /** The endpoint to connect to. */
  readonly connect?: string;
  /** The endpoint to bind; {@linkcode Peer.endpoint} has its actual port. */
  readonly bind?: string;
  /** Its identity, one character per byte. By default the other side assigns one. */
  readonly identity?: string;
  /** Further socket options. */
  readonly options?: ReadonlyArray<readonly [IntOption, number]>;
  /** The largest frame that it accepts (`ZMQ_MAXMSGSIZE`), in bytes. */
  readonly maxMessageSize?: number;
  /** Its keys, and its queue's public key. */
  readonly keys?: ClientKeys;
}

/** Options of a worker. */
export interface WorkerPeerOptions extends Pick<PeerOptions, "identity" | "keys"> {
  /** What it sends as READY. */
  readonly ready?: string;
}

/**
 * Converts a frame to bytes.
 *
 * @param frame The frame; text stands for one byte per character.
 */
export function toBytes(frame: FrameLike): Uint8Array<ArrayBuffer> {
  return typeof frame === "string" ? Uint8Array.from(frame, (char) => char.charCodeAt(0)) : frame;
}

/**
 * Converts a message to text, one character per byte, so that it can be compared.
 *
 * @param frames The message.
 */
export function toText(frames: Frames): string[] {
  return frames.map((frame) => frame.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

/** A socket that sends and receives whole messages. */
export class Peer implements AsyncDisposable {
  readonly #waiter: Waiter;
  /** The socket, for everything else. */
  readonly socket: Socket;
  /** The endpoint that it bound, with the actual port. */
  readonly endpoint: string;
  #isClosed = false;
  /** Ends the current wait. */
  #waking: AbortController | undefined;
  #serving: Promise<void> = Promise.resolve();

  /**
   * @param waiter Waits for the socket.
   * @param socket The socket; the peer closes it.
   * @param endpoint The endpoint that it bound.
   */
  constructor(waiter: Waiter, socket: Socket, endpoint: string) {
    this.#waiter = waiter;
    this.socket = socket;
    this.endpoint = endpoint;
  }

  /**
   * Sends a message.
   *
   * @param frames Its frames, at least one.
   * @throws {Error} When it would have to wait.
   */
  send(...frames: FrameLike[]): void {
    if (!this.socket.send(frames.map(toBytes))) throw new Error("Cannot send: the socket would have to wait");
    // A send may consume the notification that a message has come (ZMQ_FD is edge-triggered).
    this.#waking?.abort();
  }

  /**
   * Waits for a message.
   *
   * @param timeoutMs How long.
   * @throws {Error} When none comes in time, or the peer is closed.
   */
  async receive(timeoutMs: number = WAIT_MS): Promise<Frames> {
    const message = await this.#receive(timeoutMs);
    if (message !== undefined) return message;
    throw new Error(this.#isClosed ? "Cannot receive: the peer was closed" : `Waited ${timeoutMs} ms for a message`);
  }

  /**
   * Waits for a message.
   *
   * @param timeoutMs How long.
   * @returns Its frames as text, one character per byte.
   * @throws {Error} When none comes in time, or the peer is closed.
   */
  async receiveText(timeoutMs: number = WAIT_MS): Promise<string[]> {
    return toText(await this.receive(timeoutMs));
  }

  /** Gives the next message if there is one already. */
  poll(): string[] | undefined {
    const message = this.socket.receive();
    return message && toText(message);
  }

  /**
   * Handles every message from now on, until the peer is closed.
   *
   * @param handler Handles one message. If it throws, closing the peer throws the same error.
   */
  serve(handler: (message: Frames) => void | Promise<void>): void {
    const serve = async () => {
      for (let message = await this.#receive(-1); message !== undefined; message = await this.#receive(-1)) {
        await handler(message);
      }
    };
    this.#serving = serve();
    // close() throws its error. Until then, the rejection must be handled.
    this.#serving.catch(() => undefined);
  }

  /** Closes the socket. Messages that were not transmitted yet are dropped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waking?.abort();
    try {
      await this.#serving;
    } finally {
      this.socket.close();
    }
  }

  /** As {@linkcode Peer.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Gives the next message; `undefined` when the peer was closed or the time is over (-1: no limit). */
  async #receive(timeoutMs: number): Promise<Frames | undefined> {
    if (this.#waking !== undefined) throw new Error("Cannot receive twice at once from one peer");
    const deadlineMs = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    while (!this.#isClosed) {
      const message = this.socket.receive();
      if (message !== undefined) return message;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return undefined;
      this.#waking = new AbortController();
      await this.#waiter.wait([this.socket], Math.min(leftMs, WAIT_MS), this.#waking.signal);
      this.#waking = undefined;
    }
    return undefined;
  }
}

/** A group of peers in one libzmq context. Leaving the scope of `await using` closes them all. */
export class Peers implements AsyncDisposable {
  readonly #context: Context;
  readonly #waiter: Waiter;
  readonly #peers: Peer[] = [];

  private constructor(context: Context, waiter: Waiter) {
    this.#context = context;
    this.#waiter = waiter;
  }

  /** Makes a group. */
  static async open(): Promise<Peers> {
    const library = await loadLibrary();
    const context = Context.open(library);
    return new Peers(context, new Waiter(library, context));
  }

  /** Opens a REQ socket, which adds the empty delimiter itself and alternates between sending and receiving. */
  req(options: PeerOptions): Peer {
    return this.#open(SocketType.REQ, options);
  }

  /** Opens a DEALER socket, which sends any frames at any time. */
  dealer(options: PeerOptions): Peer {
    return this.#open(SocketType.DEALER, options);
  }

  /** Opens a ROUTER socket, whose messages begin with the other side's identity. */
  router(options: PeerOptions): Peer {
    return this.#open(SocketType.ROUTER, options);
  }

  /**
   * Opens a ROUTER where another one was closed; libzmq releases the port in the background.
   *
   * @param bind The endpoint of the other one.
   */
  async restartedRouter(bind: string): Promise<Peer> {
    const start = performance.now();
    for (;;) {
      try {
        return this.router({ bind });
      } catch (error) {
        if (!(error instanceof ZmqError && error.code === "EADDRINUSE") || performance.now() - start > WAIT_MS) {
          throw error;
        }
        await delay(1);
      }
    }
  }

  /**
   * Opens a worker like the Guide's: a REQ socket that has sent READY.
   *
   * @param connect The queue's backend.
   * @param options Its identity, and the content of its READY.
   */
  worker(connect: string, options: WorkerPeerOptions = {}): Peer {
    const { ready = "\x01", ...rest } = options;
    const worker = this.req({ connect, ...rest });
    worker.send(ready);
    return worker;
  }

  /**
   * Opens a worker that echoes every request until it is closed.
   *
   * @param connect The queue's backend.
   * @param options Its identity, and the content of its READY.
   */
  echoWorker(connect: string, options: WorkerPeerOptions = {}): Peer {
    const worker = this.worker(connect, options);
    worker.serve((message) => worker.send(...message));
    return worker;
  }

  /** Closes all peers. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closings = await Promise.allSettled(this.#peers.map((peer) => peer.close()));
    await this.#waiter[Symbol.asyncDispose]();
    this.#context.close();
    for (const closing of closings) if (closing.status === "rejected") throw closing.reason;
  }

  #open(type: SocketType, { connect, bind, identity, options = [], maxMessageSize, keys }: PeerOptions): Peer {
    const socket = this.#context.socket(type, 0);
    try {
      if (identity !== undefined) socket.setBytes(BytesOption.ROUTING_ID, toBytes(identity));
      socket.setInt(IntOption.IPV6, (connect ?? bind)?.startsWith("tcp://[") ? 1 : 0);
      for (const [option, value] of options) socket.setInt(option, value);
      if (maxMessageSize !== undefined) socket.setInt64(Int64Option.MAXMSGSIZE, maxMessageSize);
      if (keys !== undefined) useClientKeys(socket, keys);
      const endpoint = bind === undefined ? "" : socket.bind(bind);
      if (connect !== undefined) socket.connect(connect);
      const peer = new Peer(this.#waiter, socket, endpoint);
      this.#peers.push(peer);
      return peer;
    } catch (error) {
      socket.close();
      throw error;
    }
  }
}
