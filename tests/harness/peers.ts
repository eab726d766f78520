/**
 * Peers in this process: libzmq sockets under a test's full control.
 *
 * @module
 */

import { BytesOption, IntOption, SocketType } from "../../lib/zmq/constants.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Context, type Socket } from "../../lib/zmq/socket.ts";
import { Waiter } from "../../lib/zmq/waiter.ts";
import { WAIT_MS, within } from "./deadline.ts";

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];

/** A frame to send: bytes, or text of one byte a character. */
export type FrameLike = string | Uint8Array<ArrayBuffer>;

/** How a peer is to be. */
export interface PeerOptions {
  /** Where it connects. */
  readonly connect?: string;
  /** Where it binds; see {@linkcode Peer.endpoint}. */
  readonly bind?: string;
  /** Its identity, one byte a character; by default the other side gives it one. */
  readonly identity?: string;
  /** Further socket options. */
  readonly options?: ReadonlyArray<readonly [IntOption, number]>;
}

/**
 * The bytes of a frame, from text of one byte a character.
 *
 * @param frame The frame.
 */
export function toBytes(frame: FrameLike): Uint8Array<ArrayBuffer> {
  return typeof frame === "string" ? Uint8Array.from(frame, (char) => char.charCodeAt(0)) : frame;
}

/**
 * A message as text, one character a byte, to be compared.
 *
 * @param frames The message.
 */
export function toText(frames: Frames): string[] {
  return frames.map((frame) => frame.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

/** What a peer needs of the group that it belongs to. */
interface PeerOwner {
  receive(peer: Peer): Promise<Frames | undefined>;
  stopReceiving(peer: Peer): void;
  close(peer: Peer): Promise<void>;
  serve(serving: Promise<void>): void;
}

/** A socket; messages go out and come in whole. */
export class Peer implements AsyncDisposable {
  readonly #owner: PeerOwner;
  /** The socket, for everything else. */
  readonly socket: Socket;
  /** The endpoint it bound, with its real port. */
  readonly endpoint: string;

  /**
   * @param owner The group.
   * @param socket The socket, owned by the group.
   * @param endpoint What it bound.
   */
  constructor(owner: PeerOwner, socket: Socket, endpoint: string) {
    this.#owner = owner;
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
  }

  /**
   * Waits for a message.
   *
   * @param timeoutMs How long.
   * @throws {Error} When none comes in time, or the peer is closed.
   */
  async receive(timeoutMs: number = WAIT_MS): Promise<Frames> {
    const message = await this.#receive(timeoutMs);
    if (message === undefined) throw new Error("Cannot receive: the peer was closed");
    return message;
  }

  /**
   * Waits for a message.
   *
   * @param timeoutMs How long.
   * @returns Its frames as text, one character a byte.
   * @throws {Error} When none comes in time, or the peer is closed.
   */
  async receiveText(timeoutMs: number = WAIT_MS): Promise<string[]> {
    return toText(await this.receive(timeoutMs));
  }

  /** The next message if there is one already. */
  poll(): string[] | undefined {
    const message = this.socket.receive();
    return message && toText(message);
  }

  /**
   * Handles every message from now on, until the peer is closed.
   *
   * @param handler Handles one; its error fails the test when the group is left.
   */
  serve(handler: (message: Frames) => void | Promise<void>): void {
    const serve = async () => {
      for (;;) {
        const message = await this.#owner.receive(this);
        if (message === undefined) return;
        await handler(message);
      }
    };
    this.#owner.serve(serve());
  }

  /** Closes the socket; what it has not sent is dropped. */
  async close(): Promise<void> {
    await this.#owner.close(this);
  }

  /** As {@linkcode Peer.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #receive(timeoutMs: number): Promise<Frames | undefined> {
    try {
      return await within(this.#owner.receive(this), () => "a message", timeoutMs);
    } finally {
      this.#owner.stopReceiving(this);
    }
  }
}

/** A group of peers in one libzmq context. Leaving `await using`'s scope closes them all. */
export class Peers implements AsyncDisposable {
  readonly #context: Context;
  readonly #waiter: Waiter;
  readonly #peers = new Set<Peer>();
  /** Who waits for a message. */
  readonly #receiving = new Map<Peer, (message: Frames | undefined) => void>();
  /** What to do when no native call is under way that uses a socket's descriptor. */
  readonly #afterWait: (() => void)[] = [];
  readonly #serving: Promise<void>[] = [];
  #loop: Promise<void> | undefined;

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

  /** Opens a REQ, which adds the empty delimiter itself, and takes turns. */
  req(options: PeerOptions): Peer {
    return this.#open(SocketType.REQ, options);
  }

  /** Opens a DEALER, which sends what it is told, when it is told. */
  dealer(options: PeerOptions): Peer {
    return this.#open(SocketType.DEALER, options);
  }

  /** Opens a ROUTER, whose messages begin with the other side's identity. */
  router(options: PeerOptions): Peer {
    return this.#open(SocketType.ROUTER, options);
  }

  /**
   * Opens a worker as the Guide's: a REQ that has said READY.
   *
   * @param connect The queue's backend.
   * @param options Its identity, and how it says READY.
   */
  worker(connect: string, options: { readonly identity?: string; readonly ready?: string } = {}): Peer {
    const { ready = "\x01", ...rest } = options;
    const worker = this.req({ connect, ...rest });
    worker.send(ready);
    return worker;
  }

  /**
   * Opens a worker that echoes every request until it is closed.
   *
   * @param connect The queue's backend.
   * @param options Its identity, and how it says READY.
   */
  echoWorker(connect: string, options: { readonly identity?: string; readonly ready?: string } = {}): Peer {
    const worker = this.worker(connect, options);
    worker.serve((message) => worker.send(...message));
    return worker;
  }

  /** Closes all peers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    try {
      await Promise.all(this.#serving);
    } finally {
      await this.#loop;
      this.#waiter[Symbol.dispose]();
      this.#context.close();
    }
  }

  #open(type: SocketType, { connect, bind, identity, options = [] }: PeerOptions): Peer {
    const socket = this.#context.socket(type, 0);
    try {
      if (identity !== undefined) socket.setBytes(BytesOption.ROUTING_ID, toBytes(identity));
      socket.setInt(IntOption.IPV6, (connect ?? bind)?.startsWith("tcp://[") ? 1 : 0);
      for (const [option, value] of options) socket.setInt(option, value);
      const endpoint = bind === undefined ? "" : socket.bind(bind);
      if (connect !== undefined) socket.connect(connect);
      const peer = new Peer(this.#owner, socket, endpoint);
      this.#peers.add(peer);
      return peer;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  readonly #owner: PeerOwner = {
    receive: (peer) => this.#receive(peer),
    stopReceiving: (peer) => void this.#receiving.delete(peer),
    close: (peer) => this.#close(peer),
    serve: (serving) => {
      // Its error is thrown when the group is left; until then it has an owner.
      serving.catch(() => undefined);
      this.#serving.push(serving);
    },
  };

  async #receive(peer: Peer): Promise<Frames | undefined> {
    if (!this.#peers.has(peer)) return undefined;
    if (this.#receiving.has(peer)) throw new Error("Cannot receive twice at once from one peer");
    const message = peer.socket.receive();
    if (message !== undefined) return message;
    const { promise, resolve } = Promise.withResolvers<Frames | undefined>();
    this.#receiving.set(peer, resolve);
    if (this.#loop === undefined) this.#loop = this.#run();
    else this.#waiter.wake();
    return await promise;
  }

  async #close(peer: Peer): Promise<void> {
    if (!this.#peers.delete(peer)) return;
    this.#receiving.get(peer)?.(undefined);
    this.#receiving.delete(peer);
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = () => {
      peer.socket.close();
      resolve();
    };
    if (this.#loop === undefined) return close();
    this.#afterWait.push(close);
    this.#waiter.wake();
    await promise;
  }

  async #run(): Promise<void> {
    while (this.#receiving.size > 0) {
      const peers = [...this.#receiving.keys()];
      await this.#waiter.wait(peers.map(({ socket }) => socket), WAIT_MS);
      for (const act of this.#afterWait.splice(0)) act();
      for (const peer of peers) {
        const resolve = this.#receiving.get(peer);
        const message = resolve && peer.socket.receive();
        if (resolve === undefined || message === undefined) continue;
        this.#receiving.delete(peer);
        resolve(message);
      }
    }
    this.#loop = undefined;
  }
}
