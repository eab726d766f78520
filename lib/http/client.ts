/**
 * Asks a queue's HTTP side something: one request on a connection of its own, over TCP or a unix socket.
 *
 * @module
 */

import { HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";
import { formatHttpAddress, type HttpAddress } from "./address.ts";
import { writeAll } from "./request.ts";

/** How long the answer may take, in milliseconds. */
const TIMEOUT_MS = 5000;
const READ_BYTES = 64 * 1024;

/** A question. */
export interface HttpQuestion {
  readonly address: HttpAddress;
  readonly path: string;
  /** The token, if there is one. */
  readonly token?: string | undefined;
  /** What is posted, as JSON; without it the request is a GET. */
  readonly post?: unknown;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** A queue could not be asked; the message says why. */
export class HttpAskError extends Error {
  override readonly name = "HttpAskError";
  /** A stable word for programs. */
  readonly code = "HTTP";
}

/**
 * Asks.
 *
 * @param question The question.
 * @returns The answer, whatever its status.
 * @throws {HttpAskError} When there is no queue, or no answer in time.
 */
export async function askHttp(question: HttpQuestion): Promise<HttpAnswer> {
  const name = formatHttpAddress(question.address);
  let conn: Deno.Conn;
  try {
    conn = await connect(question.address);
  } catch (error) {
    throw new HttpAskError(`Cannot reach a queue's HTTP at "${name}": ${(error as Error).message}`);
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn.close();
  }, TIMEOUT_MS);
  try {
    await writeAll(conn, new TextEncoder().encode(formatQuestion(question, name)));
    return await readAnswer(conn);
  } catch (error) {
    const why = isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : (error as Error).message;
    throw new HttpAskError(`Cannot ask the queue at "${name}": ${why}`);
  } finally {
    clearTimeout(timer);
    if (!isLate) conn.close();
  }
}

/**
 * Asks, and takes no answer but a good one.
 *
 * @param question The question.
 * @returns The answer's body.
 * @throws {HttpAskError} When there is no answer, or one that says no; its first line is in the message.
 */
export async function askForBody(question: HttpQuestion): Promise<string> {
  const { status, body } = await askHttp(question);
  if (status === 200) return body;
  const why = body.trim().split("\n")[0]!.slice(0, 200);
  throw new HttpAskError(`The queue at "${formatHttpAddress(question.address)}" says: ${why} (HTTP ${status})`);
}

async function connect(address: HttpAddress): Promise<Deno.Conn> {
  if (address.kind === "unix") return await Deno.connect({ transport: "unix", path: address.path });
  return await Deno.connect({ hostname: address.host, port: address.port });
}

function formatQuestion({ address, path, token, post, headers = {} }: HttpQuestion, name: string): string {
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

async function readAnswer(conn: Deno.Conn): Promise<HttpAnswer> {
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
    const result = count === null ? parser.finish() : parser.execute(Buffer.from(target.buffer, 0, count));
    if (result instanceof Error || (count === null && status === 0)) throw new Error("what answers is not HTTP");
    if (count === null) break;
  }
  return { status, body: Buffer.concat(pieces).toString() };
}
