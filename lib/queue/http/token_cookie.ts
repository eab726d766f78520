/**
 * `/token`: the page posts the token that somebody typed, and gets it back as a cookie that no script can read.
 *
 * @module
 */

import { json, text } from "../../http/guard.ts";
import type { HttpResponse } from "../../http/request.ts";
import { isToken } from "../../http/token.ts";

/** The page's own address as the page knows it; behind a proxy the server does not. */
export interface CookiePlace {
  /** The folder of the page, with a slash at both ends. */
  readonly folder: string;
  /** The port, or an empty text for the default: browsers send cookies to all ports of a host. */
  readonly port: string;
  /** Whether the page was loaded over HTTPS. */
  readonly isSecure: boolean;
}

const YEAR_S = 31_536_000;
const FOLDER = /^\/(?:[A-Za-z0-9._~%!$&'()*+,=:@-]+\/)*$/;

/**
 * Answers the page.
 *
 * @param body The posted JSON: the token as `token`, and the fields of {@linkcode CookiePlace}.
 * @param token The token.
 */
export function tokenResponse(body: Uint8Array<ArrayBuffer>, token: string): HttpResponse {
  const { token: given, folder, port, isSecure } = fieldsOf(body);
  if (typeof given !== "string" || typeof folder !== "string" || typeof port !== "string") return BAD;
  if (!FOLDER.test(folder) || !/^\d{0,5}$/.test(port)) return BAD;
  if (!isToken(given, token)) return text(401, "The token is wrong");
  const value = encodeURIComponent(token);
  const cookie = `spq-token-${
    port || "default"
  }=${value}; Path=${folder}; Max-Age=${YEAR_S}; HttpOnly; SameSite=Strict`;
  const headers = { "Set-Cookie": isSecure === true ? `${cookie}; Secure` : cookie };
  return { ...json(JSON.stringify({ done: "kept" })), headers };
}

const BAD = text(400, 'The body must be JSON with the texts "token", "folder" and "port"');

function fieldsOf(body: Uint8Array<ArrayBuffer>): Readonly<Record<string, unknown>> {
  try {
    const fields = JSON.parse(new TextDecoder().decode(body));
    return typeof fields === "object" && fields !== null ? fields : {};
  } catch {
    return {};
  }
}
