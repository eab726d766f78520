/**
 * CURVE keys, which libzmq makes and converts.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { BytesOption } from "./constants.ts";
import { lastError, ZmqError } from "./error.ts";
import type { Library } from "./library.ts";
import type { Socket } from "./socket.ts";

/** A key as text: 40 characters of Z85 and a NUL. */
const KEY_TEXT_BYTES = 41;
/** A key as bytes. */
const KEY_BYTES = 32;
const DASH = "-".charCodeAt(0);

/** A pair of keys, 40 characters of Z85 each. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/**
 * Makes a pair of keys (`zmq_curve_keypair`).
 *
 * @param library libzmq.
 * @returns The keys.
 * @throws {ZmqError} When this libzmq was built without CURVE.
 */
export function makeKeyPair({ symbols, path }: Library): KeyPair {
  if (symbols.zmq_has(encodeText("curve")) !== 1) {
    throw new ZmqError("Cannot make a key", "ENOTSUP", `libzmq "${path}" was built without CURVE`);
  }
  const [publicKey, secretKey] = [new Uint8Array(KEY_TEXT_BYTES), new Uint8Array(KEY_TEXT_BYTES)];
  do {
    if (symbols.zmq_curve_keypair(publicKey, secretKey) < 0) throw lastError(symbols, "Cannot make a key");
    // On a command line, a public key that begins with a dash would look like an option.
  } while (publicKey[0] === DASH);
  return { publicKey: keyText(publicKey), secretKey: keyText(secretKey) };
}

/** The keys of a socket that connects, 40 characters of Z85 each. */
export interface ClientKeys extends KeyPair {
  /** The public key of the socket that it connects to. */
  readonly serverKey: string;
}

/**
 * Makes a socket use CURVE for the connections that it makes from now on (`ZMQ_CURVE_SERVERKEY` and related options).
 *
 * @param socket The socket.
 * @param keys Its keys.
 * @throws {ZmqError} When a key is wrong, or this libzmq was built without CURVE.
 */
export function useClientKeys(socket: Socket, { publicKey, secretKey, serverKey }: ClientKeys): void {
  socket.setBytes(BytesOption.CURVE_PUBLICKEY, encodeText(publicKey));
  socket.setBytes(BytesOption.CURVE_SECRETKEY, encodeText(secretKey));
  socket.setBytes(BytesOption.CURVE_SERVERKEY, encodeText(serverKey));
}

/**
 * The public key that belongs to a secret key (`zmq_curve_public`).
 *
 * @param library libzmq.
 * @param secretKey 40 characters of Z85.
 * @returns 40 characters of Z85.
 * @throws {ZmqError} When it is not a key, or this libzmq was built without CURVE.
 */
export function publicKeyOf({ symbols }: Library, secretKey: string): string {
  const publicKey = new Uint8Array(KEY_TEXT_BYTES);
  if (symbols.zmq_curve_public(publicKey, encodeText(secretKey)) < 0) {
    throw lastError(symbols, "Cannot find the public key of a secret key");
  }
  return keyText(publicKey);
}

/**
 * Writes a key as text (`zmq_z85_encode`).
 *
 * @param library libzmq.
 * @param key 32 bytes.
 * @returns 40 characters of Z85.
 */
export function encodeKey({ symbols }: Pick<Library, "symbols">, key: Uint8Array<ArrayBuffer>): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`A key has ${KEY_BYTES} bytes, this has ${key.length}`);
  const text = new Uint8Array(KEY_TEXT_BYTES);
  symbols.zmq_z85_encode(text, key, BigInt(KEY_BYTES));
  return keyText(text);
}

function keyText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, KEY_TEXT_BYTES - 1));
}
