/**
 * What the queue's HTTP server answers, and to whom.
 *
 * @module
 */

import { isOwnHost } from "./address.ts";
import type { EventStream } from "./event_stream.ts";
import type { HttpRequest, HttpResponse } from "./request.ts";
import type { HttpHandler, HttpPeer, HttpStream } from "./server.ts";
import { bringsToken } from "./token.ts";

/** The header that an action needs: no form and no link of a foreign page can send it. */
export const ACTION_HEADER = "X-SPQ-Action";

/** What is served. */
export interface HttpContent {
  /** `/status.json`; `undefined`: the queue has not said anything yet. */
  readonly status: () => string | undefined;
  /** `/history.json`. */
  readonly history: () => string;
  /** `/metrics`. */
  readonly metrics: () => Promise<{ readonly type: string; readonly body: string }>;
  /** `/events`. */
  readonly events: EventStream;
  /** Why the queue is not alive; `undefined`: it is. */
  readonly deadReason: () => string | undefined;
  /** Why the queue is not ready; `undefined`: it is. */
  readonly unreadyReason: () => string | undefined;
  /** Obeys POST requests, by path; `undefined`: it obeys none. */
  readonly actions: Actions | undefined;
}

/** What a POST does. */
export type Actions = Readonly<Record<string, (body: unknown, peer: HttpPeer) => string>>;

/** An action whose body is wrong. */
export class ActionError extends Error {
  override readonly name = "ActionError";
}

/** Who is answered. */
export interface HttpAccess {
  /** The token that requests over TCP need; `undefined`: none. */
  readonly token: string | undefined;
  /** Names in Host that are answered without a token, besides localhost and addresses. */
  readonly hosts: readonly string[];
}

/**
 * Makes the server's handler.
 *
 * @param content What is served.
 * @param access Who is answered.
 */
export function makeHandler(content: HttpContent, access: HttpAccess): HttpHandler {
  return async (request, peer) => {
    const { method, path } = request;
    const health = HEALTH[path];
    if (health !== undefined) {
      return isRead(method) ? healthResponse(health(content)) : methodNotAllowed("GET, HEAD");
    }
    const refusal = refusalOf(request, peer, access);
    if (refusal !== undefined) return refusal;
    return await answer(request, peer, content) ?? text(404, `There is nothing at ${path}`);
  };
}

const HEALTH: Readonly<Record<string, (content: HttpContent) => string | undefined>> = {
  "/alive": ({ deadReason }) => deadReason(),
  "/ready": ({ unreadyReason }) => unreadyReason(),
};

/** Why a request is not answered. */
function refusalOf({ headers }: HttpRequest, peer: HttpPeer, { token, hosts }: HttpAccess): HttpResponse | undefined {
  if (peer.isUnix) return undefined;
  if (token !== undefined) {
    if (bringsToken(headers.get("authorization"), token)) return undefined;
    return { ...text(401, "The header Authorization: Bearer TOKEN is missing or wrong"), headers: BEARER };
  }
  const host = headers.get("host");
  if (isOwnHost(host, hosts)) return undefined;
  return text(421, `The name ${JSON.stringify(host ?? "")} is not this queue's; permit it with --http-host`);
}

const BEARER = { "WWW-Authenticate": "Bearer" };

async function answer(
  { method, path, headers, body }: HttpRequest,
  peer: HttpPeer,
  content: HttpContent,
): Promise<HttpResponse | HttpStream | undefined> {
  const action = content.actions?.[path];
  if (action !== undefined) {
    if (method !== "POST") return methodNotAllowed("POST");
    if (headers.get(ACTION_HEADER.toLowerCase()) === undefined) {
      return text(403, `The header ${ACTION_HEADER} is missing`);
    }
    return obey(action, body, peer);
  }
  if (method === "POST" && ["/pause", "/resume", "/drain"].includes(path)) {
    return text(403, "This queue obeys no commands over HTTP; start it with --http-actions");
  }
  if (!isRead(method)) return methodNotAllowed("GET, HEAD");
  switch (path) {
    case "/status.json": {
      const status = content.status();
      return status === undefined ? text(503, "The queue is starting") : json(status);
    }
    case "/history.json":
      return json(content.history());
    case "/metrics":
      return { status: 200, ...await content.metrics() };
    case "/events":
      return content.events.response;
  }
}

function obey(action: Actions[string], body: Uint8Array<ArrayBuffer>, peer: HttpPeer): HttpResponse {
  try {
    const content = body.length === 0 ? {} : JSON.parse(new TextDecoder().decode(body));
    return json(JSON.stringify({ done: action(content, peer) }));
  } catch (error) {
    if (!(error instanceof ActionError || error instanceof SyntaxError)) throw error;
    return text(400, error instanceof ActionError ? error.message : "The body is not JSON");
  }
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function healthResponse(reason: string | undefined): HttpResponse {
  return text(reason === undefined ? 200 : 503, reason ?? "ok");
}

function methodNotAllowed(allowed: string): HttpResponse {
  return { ...text(405, `The methods are ${allowed}`), headers: { Allow: allowed } };
}

function text(status: number, body: string): HttpResponse {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

function json(body: string): HttpResponse {
  return { status: 200, type: "application/json", body };
}
