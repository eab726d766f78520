/**
 * The routes of the queue's HTTP server.
 *
 * @module
 */

import { guarded, type HttpAccess, type HttpHealth, isRead, json, methodNotAllowed, text } from "../../http/guard.ts";
import type { HttpRequest, HttpResponse } from "../../http/request.ts";
import type { HttpHandler, HttpPeer, HttpStream } from "../../http/server.ts";
import { tokenResponse } from "./token_cookie.ts";
import type { EventStream } from "./event_stream.ts";

/** The header that an action needs. Forms and links on foreign pages cannot send it. */
export const ACTION_HEADER = "X-SPQ-Action";

/** What is served. */
export interface HttpContent extends HttpHealth {
  /** `/`: the page. It contains no data of the queue, and asks for the token. */
  readonly page: HttpResponse;
  /** `/status.json`; `undefined` until there is a status. */
  readonly status: () => string | undefined;
  /** `/history.json`. */
  readonly history: () => string;
  /** `/metrics`. */
  readonly metrics: () => Promise<{ readonly type: string; readonly body: string }>;
  /** `/events`. */
  readonly events: EventStream;
  /** Handlers of POST requests by path; `undefined`: none. */
  readonly actions: Actions | undefined;
}

/** Handlers of POST requests by path. Each resolves to a text that says what was done. */
export type Actions = Readonly<Record<string, (body: unknown, peer: HttpPeer) => Promise<string>>>;

/** An action whose body is wrong. */
export class ActionError extends Error {
  override readonly name = "ActionError";
}

/**
 * Makes the server's handler.
 *
 * @param content What is served.
 * @param access Who is answered.
 */
export function makeHandler(content: HttpContent, access: HttpAccess): HttpHandler {
  const guardedHandler = guarded(access, content, (request, peer) => answer(request, peer, content), content.page);
  const { token } = access;
  if (token === undefined) return guardedHandler;
  return async (request, peer) => {
    if (request.path !== "/token") return await guardedHandler(request, peer);
    if (request.method !== "POST") return methodNotAllowed("POST");
    return lacksActionHeader(request) ?? tokenResponse(request.body, token);
  };
}

/** The refusal of a request that a form on a foreign page could have sent; `undefined`: it has the header. */
function lacksActionHeader({ headers }: HttpRequest): HttpResponse | undefined {
  if (headers.get(ACTION_HEADER.toLowerCase()) !== undefined) return undefined;
  return text(403, `The header ${ACTION_HEADER} is missing`);
}

async function answer(
  request: HttpRequest,
  peer: HttpPeer,
  content: HttpContent,
): Promise<HttpResponse | HttpStream | undefined> {
  const { method, path, body } = request;
  const action = content.actions?.[path];
  if (action !== undefined) {
    if (method !== "POST") return methodNotAllowed("POST");
    return lacksActionHeader(request) ?? await obey(action, body, peer);
  }
  if (method === "POST" && ["/pause", "/resume", "/drain"].includes(path)) {
    return text(403, "This queue takes no commands over HTTP; start it with --http-actions");
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
      return method === "HEAD" ? { status: 200, type: "text/event-stream", body: "" } : content.events.respond();
  }
}

async function obey(action: Actions[string], body: Uint8Array<ArrayBuffer>, peer: HttpPeer): Promise<HttpResponse> {
  try {
    const content = body.length === 0 ? {} : JSON.parse(new TextDecoder().decode(body));
    return json(JSON.stringify({ done: await action(content, peer) }));
  } catch (error) {
    if (!(error instanceof ActionError || error instanceof SyntaxError)) throw error;
    return text(400, error instanceof ActionError ? error.message : "The body is not JSON");
  }
}
