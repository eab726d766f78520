/**
 * A worker's or client's key: its certificate, which also contains the public key of its queue.
 *
 * @module
 */

import type { ClientKeys } from "../zmq/curve.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { KeyFileError, readSecretCertificate } from "./key_files.ts";

/** A key that a program has in memory, for example from a secret store. */
export interface KeyText {
  /** The text of the certificate, as `spqueue key add` writes it to a file. */
  readonly certificate: string;
}

/**
 * Reads a worker's or client's key.
 *
 * @param key The path of its certificate, or its text.
 * @returns Its keys and the queue's public key.
 * @throws {KeyFileError} When it cannot be read, when others can read it, or when a key is missing.
 */
export async function readPeerKey(key: string | KeyText): Promise<ClientKeys> {
  const [subject, certificate] = typeof key === "string"
    ? [`key file "${key}"`, await readSecretCertificate(key)] as const
    : ["option key", parseText(key.certificate)] as const;
  const { publicKey, secretKey, queueKey } = certificate;
  if (secretKey === undefined) throw new KeyFileError(`Cannot use ${subject}: it has only a public key`);
  if (queueKey === undefined) {
    throw new KeyFileError(
      `Cannot use ${subject}: it does not name the queue; add a line queue-key = "...", with what "spqueue key show" prints`,
    );
  }
  return { publicKey, secretKey, serverKey: queueKey };
}

function parseText(text: string): Certificate {
  try {
    return parseCertificate(text);
  } catch (error) {
    throw new KeyFileError(`Cannot use option key: ${(error as Error).message}`);
  }
}

/**
 * Checks the option `key` of an API call.
 *
 * @param key What the caller passed.
 * @throws {TypeError} When it is neither a path nor a text of a certificate. The message does not contain it.
 */
export function checkKeyOption(key: unknown): void {
  if (key === undefined || typeof key === "string") return;
  if (typeof key === "object" && key !== null && typeof (key as KeyText).certificate === "string") return;
  throw new TypeError("Option key is of the wrong type: it must be the path of a key file, or { certificate: text }");
}
