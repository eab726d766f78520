/**
 * The token that HTTP requests need. It is read from a file that others cannot read, and compared in constant time.
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
 * @param path The file, or a pipe; the token is its only line.
 * @returns The token.
 * @throws {KeyFileError} When the file cannot be read, can be read by others, can be written by anybody but its owner, or
 * has no valid token.
 */
export async function readToken(path: string): Promise<string> {
  const token = (await readSecretFile(path, "token file")).trim();
  if (token.length >= MIN_CHARACTERS && /^[!-~]+$/.test(token)) return token;
  throw new KeyFileError(
    `Cannot use token file "${path}": it must be one line of at least ${MIN_CHARACTERS} characters without spaces, such as ` +
      'the output of "openssl rand -hex 24"',
  );
}

/**
 * Whether a request has the token in its `Authorization` header.
 *
 * @param authorization The header, if there is one.
 * @param token The token.
 */
export function hasToken(authorization: string | undefined, token: string): boolean {
  return isToken(/^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "", token);
}

/**
 * Whether a request has the token in a cookie, as the page's requests do: a browser's event stream cannot send the header.
 *
 * @param cookies The header `Cookie`, if there is one. The page's cookie is named `spq-token-` and the port, since browsers
 *   send cookies to all ports of a host.
 * @param token The token.
 */
export function hasTokenCookie(cookies: string | undefined, token: string): boolean {
  const given = (cookies ?? "").split(/; */).filter((cookie) => cookie.startsWith("spq-token-"));
  return given.some((cookie) => isToken(decoded(cookie.slice(cookie.indexOf("=") + 1)), token));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/**
 * Whether a text is the token. Digests are compared: they have the same length, so the time does not reveal the token's.
 *
 * @param given The text.
 * @param token The token.
 */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
