/**
 * Reads one HTTP request from a connection, with limits of size, and writes one response. A connection serves a single
 * request: each has its own limits, and no part of one request can be mistaken for the next.
 *
 * Not `node:http`: in the Deno version that the binaries are made with, it cannot limit connections or time.
 *
 * @module
 */

import { HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";

/** The most bytes that a request's first line and headers may have. */
const MAX_HEAD_BYTES = 16 * 1024;
/** The most bytes that a body may have. */
export const MAX_BODY_BYTES = 4096;
const READ_BYTES = 4096;

/** A request. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** By lower-case name; of a repeated header, the last value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A response. */
export interface HttpResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is malformed or too large. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
  /** The status of the response. */
  readonly status: number;

  /**
   * @param status The status.
   * @param message What is wrong.
   */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

/** The part of a connection that is needed here. */
export interface ByteStream {
  read(target: Uint8Array<ArrayBuffer>): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Reads a request.
 *
 * @param stream The connection.
 * @returns The request; `undefined` if the connection ended before it was complete.
 * @throws {BadRequestError} When it is not HTTP, or exceeds a limit. The rest of it is left unread.
 */
export async function readRequest(stream: ByteStream): Promise<HttpRequest | undefined> {
  const parser = new HTTPParser(HTTPParser.REQUEST);
  let head: Omit<HttpRequest, "body"> | undefined;
  let refusal: BadRequestError | undefined;
  let isComplete = false;
  const pieces: Buffer[] = [];
  let bodyBytes = 0;
  parser[HTTPParser.kOnHeadersComplete] = ({ method, url, headers }) => {
    head = { method: HTTPParser.methods[method] ?? "", path: url.replace(/[?#].*$/s, ""), headers: headerMap(headers) };
    if (Number(head.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) refusal = tooLarge();
    // On refusal, the parser skips the body.
    return refusal === undefined ? 0 : 1;
  };
  parser[HTTPParser.kOnBody] = (chunk, offset, length) => {
    bodyBytes += length;
    if (bodyBytes > MAX_BODY_BYTES) refusal = tooLarge();
    else pieces.push(Buffer.from(chunk.subarray(offset, offset + length)));
  };
  parser[HTTPParser.kOnMessageComplete] = () => isComplete = true;
  const target = new Uint8Array(READ_BYTES);
  for (let bytes = 0; !isComplete;) {
    const count = await stream.read(target);
    if (count === null) return undefined;
    bytes += count;
    const result = parser.execute(Buffer.from(target.buffer, 0, count));
    if (refusal !== undefined) throw refusal;
    if (result instanceof Error) throw new BadRequestError(400, "This is not an HTTP request");
    if (head === undefined && bytes > MAX_HEAD_BYTES) {
      throw new BadRequestError(431, `The first line and the headers are larger than ${MAX_HEAD_BYTES} bytes`);
    }
    if (bytes > MAX_HEAD_BYTES + 2 * MAX_BODY_BYTES) throw tooLarge();
  }
  return { ...head!, body: new Uint8Array(Buffer.concat(pieces)) };
}

function tooLarge(): BadRequestError {
  return new BadRequestError(413, `The body is larger than ${MAX_BODY_BYTES} bytes`);
}

/** Headers by lower-case name. */
function headerMap(flat: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) headers.set(flat[index]!.toLowerCase(), flat[index + 1]!);
  return headers;
}

/**
 * Formats the first line and the headers of a response, after which the connection is closed.
 *
 * @param status The status.
 * @param headers The headers.
 */
export function formatHead(status: number, headers: Readonly<Record<string, string>>): string {
  const all = {
    ...headers,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    // The page has a policy of its own.
    "Content-Security-Policy": headers["Content-Security-Policy"] ?? "default-src 'none'; frame-ancestors 'none'",
    Connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? "Unknown"}\r\n${lines.join("")}\r\n`;
}

/**
 * Writes a response.
 *
 * @param stream The connection.
 * @param response The response.
 * @param isHead Whether to leave out the body.
 */
export async function writeResponse(stream: ByteStream, response: HttpResponse, isHead: boolean): Promise<void> {
  const body = new TextEncoder().encode(response.body);
  const head = formatHead(response.status, {
    "Content-Type": response.type,
    "Content-Length": `${body.length}`,
    ...response.headers,
  });
  await writeAll(stream, new TextEncoder().encode(head));
  if (!isHead) await writeAll(stream, body);
}

/**
 * Writes all bytes, in as many writes as it takes.
 *
 * @param stream The connection.
 * @param bytes The bytes.
 */
export async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) offset += await stream.write(bytes.subarray(offset));
}
