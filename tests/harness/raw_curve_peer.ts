/**
 * A peer with a key on a bare connection: CURVE (ZeroMQ RFC 26) without libzmq, so that it can also break the rules
 * inside the encryption.
 *
 * @module
 */

import nacl from "tweetnacl";
import { concatenate, type Frames } from "../../lib/lru.ts";
import type { ClientKeys } from "../../lib/zmq/curve.ts";
import { type FrameLike, toBytes } from "./peers.ts";
import { encodeFrame, FLAG_MORE, greeting, GREETING_BYTES, metadata, RawPeer, wireFrame } from "./raw_peer.ts";

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const KEY_BYTES = 32;
const NONCE_BYTES = 8;
const LONG_NONCE_BYTES = 16;
/** The number of zeros that make HELLO no shorter than its answer. */
const HELLO_PADDING = 72;
/** The number of encrypted zeros in HELLO, which prove that the peer knows the queue's key. */
const HELLO_ZEROS = 64;

/** Reads a key from 40 characters of Z85. */
function decodeKey(text: string): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(KEY_BYTES));
  for (let group = 0; group < KEY_BYTES / 4; group++) {
    const digits = [...text.slice(group * 5, group * 5 + 5)];
    bytes.setUint32(group * 4, digits.reduce((value, digit) => value * 85 + Z85.indexOf(digit), 0));
  }
  return new Uint8Array(bytes.buffer);
}

/** A bare connection with CURVE. */
export class RawCurvePeer implements Disposable {
  readonly #peer: RawPeer;
  readonly #keys: ClientKeys;
  /** Its keys for this connection. */
  readonly #own = nacl.box.keyPair();
  #nonce = 0n;
  /** The queue's key for this connection. */
  #queueKey = new Uint8Array();
  #cookie = new Uint8Array();

  private constructor(peer: RawPeer, keys: ClientKeys) {
    this.#peer = peer;
    this.#keys = keys;
  }

  /**
   * Connects, and does the handshake up to the point at which it would identify itself.
   *
   * @param endpoint The endpoint.
   * @param keys Its keys.
   */
  static async dial(endpoint: string, keys: ClientKeys): Promise<RawCurvePeer> {
    const peer = new RawCurvePeer(await RawPeer.dial(endpoint), keys);
    try {
      await peer.#greet();
      return peer;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  /**
   * Identifies itself (INITIATE).
   *
   * @param socketType Such as `REQ`.
   * @param identity The identity that it asks for.
   */
  async sayReady(socketType: string, identity: string): Promise<void> {
    const { publicKey, secretKey, serverKey } = this.#keys;
    const vouchNonce = nacl.randomBytes(LONG_NONCE_BYTES);
    const vouch = nacl.box(
      joined(this.#own.publicKey, decodeKey(serverKey)),
      joined(toBytes("VOUCH---"), vouchNonce),
      this.#queueKey,
      decodeKey(secretKey),
    );
    const content = joined(decodeKey(publicKey), vouchNonce, vouch, toBytes(metadata(socketType, identity)));
    const [nonce, box] = this.#seal("CurveZMQINITIATE", content, this.#queueKey);
    await this.#peer.sendBytes(wireFrame(joined(toBytes("\x08INITIATE"), this.#cookie, nonce, box), "command"));
  }

  /** Waits until it is let in. */
  async letIn(): Promise<void> {
    await this.#receiveCommand("READY");
  }

  /** Sends a message. */
  async send(...frames: FrameLike[]): Promise<void> {
    for (const [index, frame] of frames.entries()) {
      const flags = index < frames.length - 1 ? FLAG_MORE : 0;
      const [nonce, box] = this.#seal("CurveZMQMESSAGEC", joined(Uint8Array.of(flags), toBytes(frame)), this.#queueKey);
      await this.#peer.sendBytes(encodeFrame(joined(toBytes("\x07MESSAGE"), nonce, box), 0));
    }
  }

  /** Sends raw bytes without encryption. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#peer.sendBytes(bytes);
  }

  /** Waits for a message. */
  async receive(): Promise<Frames> {
    const frames: Frames = [];
    for (;;) {
      const content = this.#open("CurveZMQMESSAGES", await this.#receiveCommand("MESSAGE"), this.#queueKey);
      frames.push(content.slice(1));
      if ((content[0]! & FLAG_MORE) === 0) return frames;
    }
  }

  /** Waits until the other side ends the connection. */
  async ended(): Promise<void> {
    await this.#peer.ended();
  }

  /** Closes the connection. */
  close(): void {
    this.#peer.close();
  }

  /** As {@linkcode RawCurvePeer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #greet(): Promise<void> {
    await this.#peer.sendBytes(greeting("CURVE"));
    await this.#peer.receiveBytes(GREETING_BYTES);
    const serverKey = decodeKey(this.#keys.serverKey);
    const [nonce, box] = this.#seal("CurveZMQHELLO---", new Uint8Array(HELLO_ZEROS), serverKey);
    const version = Uint8Array.of(1, 0);
    const padding = new Uint8Array(HELLO_PADDING);
    await this.#peer.sendBytes(
      wireFrame(joined(toBytes("\x05HELLO"), version, padding, this.#own.publicKey, nonce, box), "command"),
    );
    const welcome = await this.#receiveCommand("WELCOME");
    const longNonce = joined(toBytes("WELCOME-"), welcome.subarray(0, LONG_NONCE_BYTES));
    const content = nacl.box.open(welcome.subarray(LONG_NONCE_BYTES), longNonce, serverKey, this.#own.secretKey);
    if (content === null) throw new Error("The queue's WELCOME cannot be decrypted");
    this.#queueKey = new Uint8Array(content.subarray(0, KEY_BYTES));
    this.#cookie = new Uint8Array(content.subarray(KEY_BYTES));
  }

  async #receiveCommand(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { body } = await this.#peer.receiveFrame();
    const received = String.fromCharCode(...body.subarray(1, 1 + body[0]!));
    if (received !== name) throw new Error(`Waited for ${name}, received ${received}`);
    return body.slice(1 + name.length);
  }

  #seal(prefix: string, content: Uint8Array, key: Uint8Array): [nonce: Uint8Array<ArrayBuffer>, box: Uint8Array] {
    const nonce = new Uint8Array(NONCE_BYTES);
    new DataView(nonce.buffer).setBigUint64(0, ++this.#nonce);
    return [nonce, nacl.box(content, joined(toBytes(prefix), nonce), key, this.#own.secretKey)];
  }

  #open(prefix: string, sealed: Uint8Array, key: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = joined(toBytes(prefix), sealed.subarray(0, NONCE_BYTES));
    const content = nacl.box.open(sealed.subarray(NONCE_BYTES), nonce, key, this.#own.secretKey);
    if (content === null) throw new Error("A message of the queue cannot be decrypted");
    return new Uint8Array(content);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenate(parts.map((part) => new Uint8Array(part)));
}
