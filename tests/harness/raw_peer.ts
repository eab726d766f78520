/**
 * A peer on a bare connection that speaks ZMTP 3.0 without libzmq. It can do what libzmq never does: send garbage or half
 * a message, or never read.
 *
 * @module
 */

import { within } from "./deadline.ts";
import { dial } from "./dial.ts";
import { concatenate, type Frames } from "../../lib/lru.ts";
import { type FrameLike, toBytes } from "./peers.ts";

/** Flags of a frame of ZMTP 2 and 3. */
export const FLAG_MORE = 1;
/** The length has eight bytes. */
export const FLAG_LONG = 2;
/** The frame is a command. */
export const FLAG_COMMAND = 4;
/** The length of a greeting. */
export const GREETING_BYTES = 64;

/**
 * Makes the greeting of ZMTP 3.0, as a client sends it.
 *
 * @param mechanism The security mechanism.
 */
export function greeting(mechanism: "NULL" | "CURVE" | "PLAIN" = "NULL"): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.set(toBytes(mechanism), 12);
  return bytes;
}

/**
 * The kind of a frame: the last one of a message, an earlier one, or a command. A command may claim that more frames
 * follow.
 */
export type FrameKind = "last" | "more" | "command" | "command, more";

const FLAGS_BY_KIND: Readonly<Record<FrameKind, number>> = {
  "last": 0,
  "more": FLAG_MORE,
  "command": FLAG_COMMAND,
  "command, more": FLAG_COMMAND | FLAG_MORE,
};

/**
 * Encodes a frame for the wire.
 *
 * @param body Its content.
 * @param kind The last frame of a message, an earlier one, or a command.
 */
export function wireFrame(body: FrameLike, kind: FrameKind): Uint8Array<ArrayBuffer> {
  return encodeFrame(body, FLAGS_BY_KIND[kind]);
}

/**
 * Encodes a frame of ZMTP 2 or 3 with any flags.
 *
 * @param body Its content.
 * @param flags The flags; the flag of the long form is set as the form requires.
 * @param isLong Whether to use the long form even if the short one would suffice.
 */
export function encodeFrame(body: FrameLike, flags: number, isLong = false): Uint8Array<ArrayBuffer> {
  const bytes = toBytes(body);
  if (!isLong && bytes.length < 256) return concatenate([Uint8Array.of(flags & ~FLAG_LONG, bytes.length), bytes]);
  const header = new DataView(new ArrayBuffer(9));
  header.setUint8(0, flags | FLAG_LONG);
  header.setBigUint64(1, BigInt(bytes.length));
  return concatenate([new Uint8Array(header.buffer), bytes]);
}

/**
 * Encodes a message for the wire.
 *
 * @param frames Its frames.
 */
export function wireMessage(...frames: FrameLike[]): Uint8Array<ArrayBuffer> {
  return concatenate(frames.map((frame, index) => wireFrame(frame, index < frames.length - 1 ? "more" : "last")));
}

/**
 * Makes the command READY, which ends the handshake.
 *
 * @param socketType Such as `REQ`.
 * @param identity The peer's identity; empty: the other side assigns one.
 */
export function readyCommand(socketType: string, identity: string): Uint8Array<ArrayBuffer> {
  return wireFrame(`\x05READY${metadata(socketType, identity)}`, "command");
}

/**
 * Encodes the metadata that a peer sends in a handshake.
 *
 * @param socketType Such as `REQ`.
 * @param identity The peer's identity.
 */
export function metadata(socketType: string, identity: string): string {
  return property("Socket-Type", socketType) + property("Identity", identity);
}

/**
 * Encodes a property of the command READY.
 *
 * @param name Its name.
 * @param value Its value.
 */
export function property(name: string, value: string): string {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, value.length);
  return `${String.fromCharCode(name.length)}${name}${String.fromCharCode(...size)}${value}`;
}

/** A bare connection. */
export class RawPeer implements Disposable {
  readonly #connection: Deno.Conn;
  #received = new Uint8Array();
  #isClosed = false;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /**
   * Connects and sends nothing.
   *
   * @param endpoint Such as `tcp://127.0.0.1:5555` or `ipc:///tmp/front`.
   */
  static async dial(endpoint: string): Promise<RawPeer> {
    return new RawPeer(await dial(endpoint));
  }

  /**
   * Connects and does the handshake.
   *
   * @param endpoint Such as `tcp://127.0.0.1:5555` or `ipc:///tmp/front`.
   * @param socketType Such as `REQ`.
   * @param identity The peer's identity.
   */
  static async connect(endpoint: string, socketType: string, identity = ""): Promise<RawPeer> {
    return await RawPeer.shakeHands(await dial(endpoint), socketType, identity);
  }

  /**
   * Does the handshake on a connection, from either side.
   *
   * @param connection The connection, owned by the peer from now on.
   * @param socketType Such as `ROUTER`.
   * @param identity The peer's identity.
   */
  static async shakeHands(connection: Deno.Conn, socketType: string, identity = ""): Promise<RawPeer> {
    const peer = new RawPeer(connection);
    try {
      await peer.sendBytes(greeting());
      await peer.receiveBytes(GREETING_BYTES);
      await peer.sendBytes(readyCommand(socketType, identity));
      await peer.receiveFrame();
      return peer;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  /** Sends raw bytes. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await within(this.#connection.write(bytes.subarray(sent)), () => "a peer that reads");
    }
  }

  /** Sends a message. */
  async send(...frames: FrameLike[]): Promise<void> {
    await this.sendBytes(wireMessage(...frames));
  }

  /**
   * Waits for a message.
   *
   * @returns Its frames.
   * @throws {Error} When a command comes instead: after the handshake, peers must not get any.
   */
  async receive(): Promise<Frames> {
    const frames: Frames = [];
    for (;;) {
      const { flags, body } = await this.receiveFrame();
      if ((flags & FLAG_COMMAND) !== 0) throw new Error(`A frame is a command: ${body}`);
      frames.push(body);
      if ((flags & FLAG_MORE) === 0) return frames;
    }
  }

  /** Waits for a number of bytes. */
  async receiveBytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#received.length < count) {
      if (!await this.#read()) throw new Error(`The connection ended with ${this.#received.length} of ${count} bytes`);
    }
    const bytes = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return bytes;
  }

  /** Waits for a frame, of a message or a command. */
  async receiveFrame(): Promise<{ readonly flags: number; readonly body: Uint8Array<ArrayBuffer> }> {
    const flags = (await this.receiveBytes(1))[0]!;
    const isLong = (flags & FLAG_LONG) !== 0;
    const size = await this.receiveBytes(isLong ? 8 : 1);
    const length = isLong ? Number(new DataView(size.buffer).getBigUint64(0)) : size[0]!;
    return { flags, body: await this.receiveBytes(length) };
  }

  /** Waits until the other side ends the connection. */
  async ended(): Promise<void> {
    while (await this.#read());
  }

  /** Closes the connection. */
  close(): void {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
  }

  /** As {@linkcode RawPeer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Reads what is available; `false` at the end. */
  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    let count: number | null;
    try {
      count = await within(this.#connection.read(buffer), () => "bytes on a raw connection");
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
    if (count === null) return false;
    const joined = new Uint8Array(this.#received.length + count);
    joined.set(this.#received);
    joined.set(buffer.subarray(0, count), this.#received.length);
    this.#received = joined;
    return true;
  }
}
