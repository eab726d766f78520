/**
 * The list of permitted keys, the file `permitted`: one key per line, like ssh's `authorized_keys`.
 *
 * @module
 */

import { isKey } from "./certificate.ts";

/** What a key may be used for: the frontend is for clients, the backend for workers. */
export const PEER_ROLES = ["client", "worker"] as const;

/** One of {@linkcode PEER_ROLES}. */
export type PeerRole = typeof PEER_ROLES[number];

/** One line of the list. */
export interface PermittedKey {
  /** The public key, 40 characters of Z85. */
  readonly publicKey: string;
  /** What it may be used for, at least one role. */
  readonly roles: readonly PeerRole[];
  /** The peer's name in logs and status. */
  readonly name: string;
}

/** The longest name of a key, in characters. */
const MAX_NAME_LENGTH = 64;
const NAME = /^[A-Za-z0-9][\w.@+-]*$/;

/**
 * Checks the name of a key.
 *
 * @param name Such as `thumb1`.
 * @returns The same name.
 * @throws {RangeError} When it is not a name. The message is a phrase that says what a name looks like.
 */
export function parseKeyName(name: string): string {
  if (NAME.test(name) && name.length <= MAX_NAME_LENGTH) return name;
  throw new RangeError(
    `a name has 1 to ${MAX_NAME_LENGTH} letters, digits, ".", "_", "-", "@" or "+", and begins with a letter or digit`,
  );
}

/**
 * Checks the roles of a key.
 *
 * @param text `client`, `worker` or `client,worker`.
 * @returns The roles.
 * @throws {RangeError} When it is not a list of roles. The message is a phrase that says what the roles are.
 */
export function parseRoles(text: string): PeerRole[] {
  const roles = text.split(",").map((part) => PEER_ROLES.find((role) => role === part));
  if (roles.includes(undefined)) throw new RangeError("a role is client, worker, or client,worker");
  return [...new Set(roles as PeerRole[])];
}

/**
 * Reads the list.
 *
 * @param text The file's text; each line is `ROLE PUBLIC-KEY NAME`. A line whose first character is `#` is a comment; a
 * key may contain that character.
 * @returns The keys, in the file's order.
 * @throws {RangeError} When a line is wrong, or two lines have the same key or name. The message gives the line number.
 */
export function parsePermittedKeys(text: string): PermittedKey[] {
  const keys: PermittedKey[] = [];
  const lineByText = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const key = parseLine(line, index + 1);
    for (const unique of [key.publicKey, key.name]) {
      const first = lineByText.get(unique);
      if (first !== undefined) throw new RangeError(`line ${index + 1} repeats "${unique}" of line ${first}`);
      lineByText.set(unique, index + 1);
    }
    keys.push(key);
  }
  return keys;
}

function parseLine(line: string, number: number): PermittedKey {
  const [role, publicKey, name, ...rest] = line.trim().split(/\s+/);
  if (role === undefined || publicKey === undefined || name === undefined || rest.length > 0) {
    throw new RangeError(`line ${number} is not "ROLE PUBLIC-KEY NAME"`);
  }
  try {
    const roles = parseRoles(role);
    if (!isKey(publicKey)) throw new RangeError("a public key has 40 characters of Z85");
    return { publicKey, roles, name: parseKeyName(name) };
  } catch (error) {
    throw new RangeError(`line ${number}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Writes a line of the list.
 *
 * @param key The key.
 * @returns The line, without a line feed.
 */
export function formatPermittedKey({ publicKey, roles, name }: PermittedKey): string {
  return `${roles.join(",")} ${publicKey} ${name}`;
}
