/**
 * Makes a new key for a worker or client: a certificate in a file, and the line that permits it.
 *
 * @module
 */

import { ExitCode, UsageError } from "../cli/program.ts";
import { writeOutput } from "../standard_output.ts";
import { type Library, loadLibrary } from "../zmq/library.ts";
import { makeKeyPair } from "../zmq/curve.ts";
import { formatCertificate } from "./certificate.ts";
import { createSecretFile } from "./key_files.ts";
import { formatPermittedKey, parseKeyName, type PeerRole, type PermittedKey } from "./permitted_keys.ts";

/** What a new key is for. */
export interface NewKey {
  /** Where its certificate is written. An existing file is never overwritten. */
  readonly path: string;
  /** The roles that it may be used for. */
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
 * @throws {KeyFileError} When the file cannot be written, or already exists.
 * @throws {ZmqError} When this libzmq was built without CURVE.
 */
export async function createPeerKey(library: Library, { path, roles, name, queueKey }: NewKey): Promise<PermittedKey> {
  const { publicKey, secretKey } = makeKeyPair(library);
  const title = `Key of ${roles.join(" and ")} ${name}, made by Simple Pirate queue`;
  await createSecretFile(path, formatCertificate({ title, publicKey, secretKey, queueKey }));
  return { publicKey, roles, name };
}

/** What the worker or client program is asked to make. */
export interface PeerKeyCommand {
  /** What the key is for. */
  readonly role: PeerRole;
  /** The peer's name. */
  readonly name: string;
  /** Where its certificate is written. */
  readonly file: string;
  /** The queue's public key. */
  readonly queue: string | undefined;
}

/**
 * Makes a key on the peer's own machine, and prints the line that permits it.
 *
 * @param command What is asked for.
 * @returns The exit code.
 * @throws {UsageError} When the queue's key is missing, or the name is not allowed.
 * @throws {KeyFileError} When the file cannot be written, or already exists.
 */
export async function makePeerKey({ role, name, file, queue }: PeerKeyCommand): Promise<number> {
  if (queue === undefined) {
    throw new UsageError('Option --queue is missing: it is the queue\'s public key, as "spqueue key show" prints it');
  }
  try {
    parseKeyName(name);
  } catch (error) {
    throw new UsageError(`A key cannot be named ${JSON.stringify(name)}: ${(error as Error).message}`);
  }
  const library = await loadLibrary();
  const key = await createPeerKey(library, { path: file, roles: [role], name, queueKey: queue });
  writeOutput(`${formatPermittedKey(key)}\n`);
  return ExitCode.DONE;
}

/**
 * The name of a key that is made for a file.
 *
 * @param path Such as `keys/ops.key`.
 * @returns Such as `ops`.
 */
export function nameOfKeyFile(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.key$/, "");
}
