/**
 * The operations of `spqueue key ...` on a key folder.
 *
 * @module
 */

import { formatCertificate } from "../../access/certificate.ts";
import {
  createSecretFile,
  KeyFileError,
  makeKeyFolder,
  permittedKeysPath,
  queueCertificatePath,
  readPermittedKeys,
  readSecretCertificate,
  replacePermittedKeys,
} from "../../access/key_files.ts";
import { createPeerKey } from "../../access/new_key.ts";
import { formatPermittedKey, type PeerRole, type PermittedKey } from "../../access/permitted_keys.ts";
import { makeKeyPair } from "../../zmq/curve.ts";
import type { Library } from "../../zmq/library.ts";

const LIST_HEADER = `# Keys that the queue lets in, one a line: ROLE PUBLIC-KEY NAME
# ROLE is client, worker or client,worker. The queue reads this file again when it changes.
`;

/** A key to be added. */
export interface AddedKey {
  /** What it may be used for. */
  readonly roles: readonly PeerRole[];
  /** The peer's name in logs and status. */
  readonly name: string;
  /** Its public key, if it was made on the peer's machine; `undefined`: make a new key. */
  readonly publicKey: string | undefined;
}

/** A key folder; its methods read and write its files. */
export class KeyFolder {
  readonly #library: Library;
  readonly #path: string;

  /**
   * @param library libzmq, which makes the keys.
   * @param path The folder.
   */
  constructor(library: Library, path: string) {
    this.#library = library;
    this.#path = path;
  }

  /**
   * Makes the folder, the queue's own key, and an empty list of permitted keys.
   *
   * @returns The queue's public key.
   * @throws {KeyFileError} When there already is a key, or a file cannot be written.
   */
  async create(): Promise<string> {
    await makeKeyFolder(this.#path);
    const { publicKey, secretKey } = makeKeyPair(this.#library);
    const title = "Key of the queue, made by Simple Pirate queue";
    const text = formatCertificate({ title, publicKey, secretKey, queueKey: undefined });
    // The list first: if the disk is full, there is no key yet, and the command can be repeated.
    if (!await exists(permittedKeysPath(this.#path))) await replacePermittedKeys(this.#path, LIST_HEADER);
    await createSecretFile(queueCertificatePath(this.#path), text);
    return publicKey;
  }

  /**
   * Reads the queue's public key.
   *
   * @throws {KeyFileError} When there is none, or it cannot be used.
   */
  async publicKey(): Promise<string> {
    return (await readSecretCertificate(queueCertificatePath(this.#path))).publicKey;
  }

  /**
   * Permits a key. Creates the folder first if it is missing.
   *
   * @param key The key.
   * @returns The path of the new certificate; `undefined` if the key was made elsewhere.
   * @throws {KeyFileError} When the name or the key is in the list, or a file cannot be read or written.
   */
  async add({ roles, name, publicKey }: AddedKey): Promise<string | undefined> {
    const queueKey = await exists(queueCertificatePath(this.#path)) ? await this.publicKey() : await this.create();
    const { keys, text } = await readPermittedKeys(this.#path);
    const other = keys.find((known) => known.name === name || known.publicKey === publicKey);
    if (other !== undefined) {
      const what = other.name === name ? `the name "${name}" is` : `this key is, as "${other.name}",`;
      throw new KeyFileError(
        `Cannot add key "${name}": ${what} in "${permittedKeysPath(this.#path)}" already; remove it first`,
      );
    }
    const path = publicKey === undefined ? `${this.#path}/${name}.key` : undefined;
    const permitted = path === undefined
      ? { roles, name, publicKey: publicKey! }
      : await createPeerKey(this.#library, { path, roles, name, queueKey });
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    try {
      await replacePermittedKeys(this.#path, `${text}${separator}${formatPermittedKey(permitted)}\n`);
    } catch (error) {
      if (path !== undefined) await Deno.remove(path).catch(() => undefined);
      throw error;
    }
    return path;
  }

  /** The permitted keys. */
  async list(): Promise<PermittedKey[]> {
    return (await readPermittedKeys(this.#path)).keys;
  }

  /**
   * Removes a key from the list; comments stay.
   *
   * @param name The key's name.
   * @throws {KeyFileError} When there is no such key, or a file cannot be read or written.
   */
  async remove(name: string): Promise<void> {
    const { keys, text } = await readPermittedKeys(this.#path);
    const key = keys.find((known) => known.name === name);
    if (key === undefined) {
      const names = keys.map((known) => known.name).join(", ") || "none";
      const list = permittedKeysPath(this.#path);
      throw new KeyFileError(`Cannot remove key "${name}": "${list}" has no key of that name; it has: ${names}`);
    }
    const lines = text.split("\n").filter((line) => line.startsWith("#") || !line.includes(key.publicKey));
    await replacePermittedKeys(this.#path, lines.join("\n"));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new KeyFileError(`Cannot look at "${path}": ${(error as Error).message}`);
  }
}
