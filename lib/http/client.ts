/**
 * A small HTTP client for a queue's or worker's `--http`: one request per connection, over TCP or a unix socket.
 *
 * @module
 */

import { HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";
import { formatHttpAddress, type HttpAddress } from "./address.ts";
import { writeAll } from "./request.ts";
import { systemMessage } from "../system_error.ts";

/** How long the response may take, in milliseconds. */
const TIMEOUT_MS = 5000;
const READ_BYTES = 64 * 1024;

/** A request. */
export interface HttpClientRequest {
  readonly address: HttpAddress;
  readonly path: string;
  /** The token, if there is one. */
  readonly token?: string | undefined;
  /** The value to POST as JSON; without it the request is a GET. */
  readonly post?: unknown;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response. */
export interface HttpClientResponse {
  readonly status: number;
  readonly body: string;
}

/** A request failed; the message says why. */
export class HttpClientError extends Error {
  override readonly name = "HttpClientError";
  /** A stable code for programs. */
  readonly code = "HTTP";
}

/**
 * Sends a request.
 *
 * @param request The request.
 * @returns The response, whatever its status.
 * @throws {HttpClientError} When nothing listens there, no response comes within 5 s, or it is not HTTP.
 */
export async function fetchHttp(request: HttpClientRequest): Promise<HttpClientResponse> {
  const name = formatHttpAddress(request.address);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  // A rejection that nothing awaits must not count as unhandled.
  late.promise.catch(() => {});
  try {
    const conn = await connect(request.address, name, late.promise);
    try {
      const answer = exchange(conn, formatRequest(request, name));
      // It may still reject after the connection is closed.
      answer.catch(() => {});
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      throw new HttpClientError(`Cannot query the queue at "${name}": ${systemMessage(error as Error)}`);
    } finally {
      conn.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Sends a request that must succeed.
 *
 * @param request The request.
 * @returns The response's body.
 * @throws {HttpClientError} When there is no response, or its status is not 200; the message quotes its first line.
 */
export async function fetchBody(request: HttpClientRequest): Promise<string> {
  const { status, body } = await fetchHttp(request);
  if (status === 200) return body;
  const name = formatHttpAddress(request.address);
  if (status === 401) throw new HttpClientError(`The queue at "${name}" ${tokenAdvice(request)}`);
  const why = body.trim().split("\n")[0]!.slice(0, 200);
  // This project's programs answer with a sentence.
  if (why === "" || why.startsWith("<")) {
    throw new HttpClientError(
      `The web server at "${name}" is not a queue: it has no ${request.path} (HTTP ${status})`,
    );
  }
  throw new HttpClientError(`The queue at "${name}" says: ${why} (HTTP ${status})`);
}

function tokenAdvice({ token }: HttpClientRequest): string {
  return token === undefined
    ? "requires a token; name its file with --http-token-file"
    : "does not accept the token in --http-token-file";
}

/** Connects to an address, or throws an error that says why it cannot. */
async function connect(address: HttpAddress, name: string, late: Promise<never>): Promise<Deno.Conn> {
  const connecting = address.kind === "unix"
    ? Deno.connect({ transport: "unix", path: address.path })
    : Deno.connect({ hostname: address.host, port: address.port });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // If it still connects, the connection is no longer wanted.
    connecting.then((conn) => conn.close(), () => {});
    throw new HttpClientError(`Cannot reach a queue's HTTP at "${name}": ${reasonOf(error as Error, address)}`);
  }
}

function reasonOf(error: Error, { kind }: HttpAddress): string {
  const advice = "(is the queue started with --http?)";
  if (error instanceof Deno.errors.ConnectionRefused) return `nothing listens there ${advice}`;
  if (error instanceof Deno.errors.NotFound && kind === "unix") return `there is no such socket ${advice}`;
  return systemMessage(error);
}

function formatRequest({ address, path, token, post, headers = {} }: HttpClientRequest, name: string): string {
  const body = post === undefined ? "" : JSON.stringify(post);
  const all = {
    Host: address.kind === "unix" ? "localhost" : name,
    Connection: "close",
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(post === undefined ? {} : {
      "Content-Type": "application/json",
      "Content-Length": `${new TextEncoder().encode(body).length}`,
    }),
    ...headers,
  };
  const lines = Object.entries(all).map(([header, value]) => `${header}: ${value}\r\n`);
  return `${post === undefined ? "GET" : "POST"} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

async function exchange(conn: Deno.Conn, request: string): Promise<HttpClientResponse> {
  await writeAll(conn, new TextEncoder().encode(request));
  const parser = new HTTPParser(HTTPParser.RESPONSE);
  const pieces: Buffer[] = [];
  let status = 0;
  let isComplete = false;
  parser[HTTPParser.kOnHeadersComplete] = ({ statusCode }) => void (status = statusCode);
  parser[HTTPParser.kOnBody] = (chunk, offset, length) => {
    pieces.push(Buffer.from(chunk.subarray(offset, offset + length)));
  };
  parser[HTTPParser.kOnMessageComplete] = () => isComplete = true;
  const target = new Uint8Array(READ_BYTES);
  while (!isComplete) {
    const count = await conn.read(target);
    // A ZeroMQ socket sends this byte first, and then waits.
    if (status === 0 && count !== null && target[0] === 0xff) {
      throw new Error("it is a port for clients or workers; status is served where --http says");
    }
    const result = count === null ? parser.finish() : parser.execute(Buffer.from(target.buffer, 0, count));
    if (result instanceof Error || (count === null && status === 0)) throw new Error("the response is not HTTP");
    if (count === null) break;
  }
  return { status, body: Buffer.concat(pieces).toString() };
}
