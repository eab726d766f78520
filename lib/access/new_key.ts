/**
 * Makes a new key for a worker or client: a certificate in a file, and the line that permits it.
 *
 * @module
 */

import type { Library } from "../zmq/library.ts";
import { makeKeyPair } from "../zmq/curve.ts";
import { formatCertificate } from "./certificate.ts";
import { createSecretFile } from "./key_files.ts";
import type { PeerRole, PermittedKey } from "./permitted_keys.ts";

/** What a new key is for. */
export interface NewKey {
  /** Where its certificate is written; a file that is there is never overwritten. */
  readonly path: string;
  /** What it may be used for. */
  readonly roles: readonly PeerRole[];
  /** The peer's name in logs and status. */
  readonly name: string;
  /** The public key of the queue that it belongs to. */
  readonly queueKey: string;
}

/**
 * Makes a key and writes its certificate.
 *
 * @param library libzmq.
 * @param key What it is for.
 * @returns The line that permits it.
 * @throws {KeyFileError} When the file cannot be written, or is there.
 * @throws {ZmqError} When this libzmq was built without CURVE.
 */
export async function createPeerKey(library: Library, { path, roles, name, queueKey }: NewKey): Promise<PermittedKey> {
  const { publicKey, secretKey } = makeKeyPair(library);
  const title = `Key of ${roles.join(" and ")} ${name}, made by Simple Pirate queue`;
  await createSecretFile(path, formatCertificate({ title, publicKey, secretKey, queueKey }));
  return { publicKey, roles, name };
}
