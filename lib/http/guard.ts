/**
 * Access control over HTTP, and the responses that all programs share: health and refusals.
 *
 * @module
 */

import { isOwnHost } from "./address.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";
import type { HttpHandler, HttpPeer, HttpStream } from "./server.ts";
import { hasToken, hasTokenCookie } from "./token.ts";

/** A program's health. Anybody may read it, without a token. */
export interface HttpHealth {
  /** `/alive`: why the program is not alive; `undefined`: it is. */
  readonly deadReason: () => string | undefined;
  /** `/ready`: why the program is not ready; `undefined`: it is. */
  readonly unreadyReason: () => string | undefined;
}

/** Who is answered. */
export interface HttpAccess {
  /** The token that requests over TCP need; `undefined`: none. */
  readonly token: string | undefined;
  /** Names in Host that are answered without a token, besides localhost and addresses. */
  readonly hosts: readonly string[];
}

/** Answers permitted requests; `undefined`: there is nothing at the path. */
export type HttpAnswerer = (
  request: HttpRequest,
  peer: HttpPeer,
) => Promise<HttpResponse | HttpStream | undefined> | HttpResponse | undefined;

/**
 * Makes a server's handler.
 *
 * @param access Who is answered.
 * @param health Whether the program is well.
 * @param answer Answers everything else.
 * @param page The response at `/`, which needs no token.
 */
export function guarded(
  access: HttpAccess,
  health: HttpHealth,
  answer: HttpAnswerer,
  page?: HttpResponse,
): HttpHandler {
  return async (request, peer) => {
    const { method, path } = request;
    const reasonOf = HEALTH[path];
    if (reasonOf !== undefined) {
      return isRead(method) ? healthResponse(reasonOf(health)) : methodNotAllowed("GET, HEAD");
    }
    const refusal = refusalOf(request, peer, access);
    if (page !== undefined && path === "/" && refusal?.status !== 421) {
      return isRead(method) ? page : methodNotAllowed("GET, HEAD");
    }
    if (refusal !== undefined) return refusal;
    return await answer(request, peer) ?? text(404, `There is nothing at ${path}`);
  };
}

const HEALTH: Readonly<Record<string, (health: HttpHealth) => string | undefined>> = {
  "/alive": ({ deadReason }) => deadReason(),
  "/ready": ({ unreadyReason }) => unreadyReason(),
};

/** The response to a request that is refused; `undefined`: it is permitted. */
function refusalOf({ headers }: HttpRequest, peer: HttpPeer, { token, hosts }: HttpAccess): HttpResponse | undefined {
  if (peer.isUnix) return undefined;
  if (token !== undefined) {
    if (hasToken(headers.get("authorization"), token) || hasTokenCookie(headers.get("cookie"), token)) {
      return undefined;
    }
    return { ...text(401, "The header Authorization: Bearer TOKEN is missing or wrong"), headers: BEARER };
  }
  const host = headers.get("host");
  if (isOwnHost(host, hosts)) return undefined;
  return text(421, `The name ${JSON.stringify(host ?? "")} is not permitted; use localhost or an IP address`);
}

const BEARER = { "WWW-Authenticate": "Bearer" };

/** Whether a method only reads. */
export function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function healthResponse(reason: string | undefined): HttpResponse {
  return text(reason === undefined ? 200 : 503, reason ?? "ok");
}

/**
 * The response to a method that a path does not support.
 *
 * @param allowed The supported methods, such as `GET, HEAD`.
 */
export function methodNotAllowed(allowed: string): HttpResponse {
  return { ...text(405, `Allowed methods: ${allowed}`), headers: { Allow: allowed } };
}

/**
 * A response for people.
 *
 * @param status The status.
 * @param body The text, without a line feed.
 */
export function text(status: number, body: string): HttpResponse {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

/**
 * A response for programs.
 *
 * @param body JSON.
 */
export function json(body: string): HttpResponse {
  return { status: 200, type: "application/json", body };
}
