/**
 * The token that HTTP requests need: read from a file that others cannot read, compared in constant time.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { fileReason } from "../system_error.ts";
import { HttpListenError } from "./server.ts";

const READABLE_BY_OTHERS = 0o004;
/** A shorter one could be guessed. */
const MIN_CHARACTERS = 16;

/**
 * Reads a token.
 *
 * @param path The file: one line.
 * @returns The token.
 * @throws {HttpListenError} When the file cannot be read, others can read it, or it has no proper token.
 */
export async function readToken(path: string): Promise<string> {
  const refuse = (why: string) => new HttpListenError(`Cannot use token file "${path}": ${why}`, "HTTP_TOKEN_FILE");
  let text: string;
  try {
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & READABLE_BY_OTHERS) !== 0) {
      throw refuse("everybody can read it; run chmod 600 on it");
    }
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof HttpListenError) throw error;
    throw refuse(fileReason(error));
  }
  const token = text.trim();
  if (token.length < MIN_CHARACTERS || !/^[!-~]+$/.test(token)) {
    throw refuse(
      `it must be one line of at least ${MIN_CHARACTERS} characters without spaces, such as "openssl rand -hex 24" makes`,
    );
  }
  return token;
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
