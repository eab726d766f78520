/**
 * Key files: reads certificates after checking who else has access to them, and writes files that only their owner can
 * read.
 *
 * @module
 */

import { fileReason } from "../system_error.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { parsePermittedKeys, type PermittedKey } from "./permitted_keys.ts";

/** The queue's own certificate in a key folder. */
const QUEUE_CERTIFICATE = "queue.key";
/** The list of permitted keys in a key folder. */
const PERMITTED_KEYS = "permitted";

const READABLE_BY_OTHERS = 0o004;
const WRITABLE_BY_OTHERS = 0o002;
const WRITABLE_BY_GROUP_OR_OTHERS = 0o022;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** A key file cannot be used; the message names it and says what to do. */
export class KeyFileError extends Error {
  /** The class's name. */
  override readonly name = "KeyFileError";
  /** A stable word for programs. */
  readonly code = "KEY_FILE";
}

/** A certificate that has a secret key. */
export interface SecretCertificate extends Certificate {
  readonly secretKey: string;
}

/** The path of the queue's own certificate. */
export function queueCertificatePath(folder: string): string {
  return `${folder}/${QUEUE_CERTIFICATE}`;
}

/** The path of the list of permitted keys. */
export function permittedKeysPath(folder: string): string {
  return `${folder}/${PERMITTED_KEYS}`;
}

/**
 * Reads a certificate that has a secret key.
 *
 * @param path The file.
 * @returns Its keys.
 * @throws {KeyFileError} When it cannot be read, when others can read it, when anybody but its owner can write it, or
 * when it is not a certificate with a secret key.
 */
export async function readSecretCertificate(path: string): Promise<SecretCertificate> {
  const text = await readSecretFile(path);
  let certificate: Certificate;
  try {
    certificate = parseCertificate(text);
  } catch (error) {
    throw new KeyFileError(`Cannot use key file "${path}": ${(error as Error).message}`);
  }
  const { secretKey } = certificate;
  if (secretKey === undefined) {
    throw new KeyFileError(
      `Cannot use key file "${path}": it has only a public key; name the file with the secret key`,
    );
  }
  return { ...certificate, secretKey };
}

/**
 * Reads a file with a secret.
 *
 * @param path The file, or a pipe.
 * @param what What it is, for messages.
 * @default "key file"
 * @returns Its text.
 * @throws {KeyFileError} When it cannot be read, when others can read it, or when anybody but its owner can write it.
 */
export async function readSecretFile(path: string, what = "key file"): Promise<string> {
  try {
    // The checks look at the open file, so that it cannot be swapped between the check and the read.
    using file = await Deno.open(path);
    checkMode(`${what} "${path}"`, path, await file.stat());
    return await new Response(file.readable).text();
  } catch (error) {
    throw asKeyFileError(`Cannot read ${what} "${path}"`, error);
  }
}

function checkMode(what: string, path: string, { isFile, isFifo, mode }: Deno.FileInfo): void {
  // A shell makes a pipe of `<(command)`, so that the secret is never in a file.
  if (!isFile && isFifo !== true) throw new KeyFileError(`Cannot use ${what}: it is neither a file nor a pipe`);
  if (mode === null) return;
  const shown = (mode & 0o777).toString(8).padStart(4, "0");
  const remedy = `run "chmod 600 ${path}", or 640 to let its group read it`;
  if ((mode & READABLE_BY_OTHERS) !== 0) {
    throw new KeyFileError(
      `Cannot use ${what}: everybody on this machine can read it (mode ${shown}); ${remedy}`,
    );
  }
  // On macOS an unnamed pipe has the mode 0660, although nobody else can open it.
  const writers = isFifo === true ? WRITABLE_BY_OTHERS : WRITABLE_BY_GROUP_OR_OTHERS;
  if ((mode & writers) !== 0) {
    throw new KeyFileError(`Cannot use ${what}: others can write it (mode ${shown}); ${remedy}`);
  }
}

/**
 * Reads the list of permitted keys.
 *
 * @param folder The key folder.
 * @param end Abort it to stop reading.
 * @returns The keys and the file's text.
 * @throws {KeyFileError} When it cannot be read, or a line is wrong.
 */
export async function readPermittedKeys(
  folder: string,
  end?: AbortSignal,
): Promise<{ keys: PermittedKey[]; text: string }> {
  const path = permittedKeysPath(folder);
  let text: string;
  try {
    text = await Deno.readTextFile(path, end === undefined ? {} : { signal: end });
  } catch (error) {
    throw asKeyFileError(`Cannot read the list of permitted keys "${path}"`, error);
  }
  try {
    return { keys: parsePermittedKeys(text), text };
  } catch (error) {
    throw new KeyFileError(`Cannot use the list of permitted keys "${path}": ${(error as Error).message}`);
  }
}

/**
 * Makes a key folder that only its owner can open. An existing folder is left unchanged.
 *
 * @param folder Its path.
 * @throws {KeyFileError} When it cannot be made.
 */
export async function makeKeyFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    throw asKeyFileError(`Cannot make the key folder "${folder}"`, error);
  }
}

/**
 * Writes a new file that only its owner can read. It belongs to the owner of its folder, so that a service can read a
 * key that was made with `sudo`.
 *
 * @param path The file. An existing file is never overwritten.
 * @param text Its content.
 * @throws {KeyFileError} When it cannot be written, or already exists.
 */
export async function createSecretFile(path: string, text: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: OWNER_ONLY_FILE })).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new KeyFileError(
        `Cannot write key file "${path}": it already exists, and key files are never overwritten`,
      );
    }
    if (error instanceof Deno.errors.NotFound) {
      throw new KeyFileError(`Cannot write key file "${path}": there is no such folder`);
    }
    throw asKeyFileError(`Cannot write key file "${path}"`, error);
  }
  try {
    await Deno.writeTextFile(path, text, { create: false });
    await giveToOwnerOf(folderOf(path), path);
  } catch (error) {
    // What a full disk leaves of it would be in the way of the next one.
    await Deno.remove(path).catch(() => undefined);
    throw asKeyFileError(`Cannot write key file "${path}"`, error);
  }
}

/**
 * Replaces the list of permitted keys atomically: a queue that reads it meanwhile finds either the old list or the new
 * one.
 *
 * @param folder The key folder.
 * @param text The new list.
 * @throws {KeyFileError} When it cannot be written.
 */
export async function replacePermittedKeys(folder: string, text: string): Promise<void> {
  const path = permittedKeysPath(folder);
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: OWNER_ONLY_FILE });
    await giveToOwnerOf(folder, temporary);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => undefined);
    throw asKeyFileError(`Cannot write the list of permitted keys "${path}"`, error);
  }
}

async function giveToOwnerOf(folder: string, path: string): Promise<void> {
  const [owner, file] = await Promise.all([Deno.stat(folder), Deno.stat(path)]);
  if (owner.uid === file.uid && owner.gid === file.gid) return;
  try {
    await Deno.chown(path, owner.uid, owner.gid);
  } catch (error) {
    throw asKeyFileError(`Cannot give "${path}" to the owner of its folder`, error);
  }
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end) || "/";
}

function asKeyFileError(action: string, error: unknown): Error {
  if (error instanceof KeyFileError) return error;
  return new KeyFileError(`${action}: ${fileReason(error)}`);
}
