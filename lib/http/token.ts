/**
 * The token that HTTP requests need: read from a file that others cannot read, compared in constant time.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { KeyFileError, readSecretFile } from "../access/key_files.ts";

/** A shorter one could be guessed. */
const MIN_CHARACTERS = 16;

/**
 * Reads a token.
 *
 * @param path The file, or a pipe: one line.
 * @returns The token.
 * @throws {KeyFileError} When the file cannot be read, others can read it, anybody but its owner can write it, or it has no
 * proper token.
 */
export async function readToken(path: string): Promise<string> {
  const token = (await readSecretFile(path, "token file")).trim();
  if (token.length >= MIN_CHARACTERS && /^[!-~]+$/.test(token)) return token;
  throw new KeyFileError(
    `Cannot use token file "${path}": it must be one line of at least ${MIN_CHARACTERS} characters without spaces, such as ` +
      '"openssl rand -hex 24" makes',
  );
}

/**
 * Whether a request brings the token.
 *
 * @param authorization Its header `Authorization`.
 * @param token The token.
 */
export function bringsToken(authorization: string | undefined, token: string): boolean {
  return isSame(/^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "", token);
}

/**
 * Whether a request brings the token in a cookie, as the page's requests do: a browser's event streams can have no header.
 *
 * @param cookies Its header `Cookie`. The page names its cookie `spq-token-` and its port, since browsers send cookies to
 *   all ports of a host.
 * @param token The token.
 */
export function bringsCookie(cookies: string | undefined, token: string): boolean {
  const given = (cookies ?? "").split(/; */).filter((cookie) => cookie.startsWith("spq-token-"));
  return given.some((cookie) => isSame(decoded(cookie.slice(cookie.indexOf("=") + 1)), token));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/**
 * Whether a text is the token. Digests have the same length, so that the time says nothing of the token's.
 *
 * @param given The text.
 * @param token The token.
 */
export function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
