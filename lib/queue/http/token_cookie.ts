/**
 * `/token`: the page gives the token that somebody has typed, and gets it back as a cookie which no script can read.
 *
 * @module
 */

import { json, text } from "../../http/guard.ts";
import type { HttpResponse } from "../../http/request.ts";
import { isToken } from "../../http/token.ts";

/** What the page knows of its own address; behind a proxy the server does not know it. */
export interface CookiePlace {
  /** The path below which the page is, with slashes around it. */
  readonly folder: string;
  /** The port, or an empty text for the usual one: browsers send cookies to all ports of a host. */
  readonly port: string;
  /** Whether the page came by HTTPS. */
  readonly isSecure: boolean;
}

const YEAR_S = 31_536_000;
const FOLDER = /^\/(?:[A-Za-z0-9._~%!$&'()*+,=:@-]+\/)*$/;

/**
 * Answers the page.
 *
 * @param body What it has posted: the token as `token`, and a {@linkcode CookiePlace}.
 * @param token The token.
 */
export function tokenResponse(body: Uint8Array<ArrayBuffer>, token: string): HttpResponse {
  const { token: given, folder, port, isSecure } = fieldsOf(body);
  if (typeof given !== "string" || typeof folder !== "string" || typeof port !== "string") return BAD;
  if (!FOLDER.test(folder) || !/^\d{0,5}$/.test(port)) return BAD;
  if (!isToken(given, token)) return text(401, "This is not the token");
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
