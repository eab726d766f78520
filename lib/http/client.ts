/**
 * Asks a queue's or worker's HTTP side something: one request on a connection of its own, over TCP or a unix socket.
 *
 * @module
 */

import { HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";
import { formatHttpAddress, type HttpAddress } from "./address.ts";
import { writeAll } from "./request.ts";
import { systemMessage } from "../system_error.ts";

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
 * @throws {HttpAskError} When nothing listens there, no answer comes within 5 s, or it is not HTTP.
 */
export async function askHttp(question: HttpQuestion): Promise<HttpAnswer> {
  const name = formatHttpAddress(question.address);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  // Without anybody who waits for it, it is not an error.
  late.promise.catch(() => {});
  try {
    const conn = await connect(question.address, name, late.promise);
    try {
      const answer = exchange(conn, formatQuestion(question, name));
      // It may fail later, when the connection is closed.
      answer.catch(() => {});
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      throw new HttpAskError(`Cannot ask the queue at "${name}": ${systemMessage(error as Error)}`);
    } finally {
      conn.close();
    }
  } finally {
    clearTimeout(timer);
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
  const name = formatHttpAddress(question.address);
  if (status === 401) throw new HttpAskError(`The queue at "${name}" ${tokenAdvice(question)}`);
  const why = body.trim().split("\n")[0]!.slice(0, 200);
  // The programs here answer with a sentence.
  if (why === "" || why.startsWith("<")) {
    throw new HttpAskError(
      `What answers at "${name}" is another web server: it has no ${question.path} (HTTP ${status})`,
    );
  }
  throw new HttpAskError(`The queue at "${name}" says: ${why} (HTTP ${status})`);
}

function tokenAdvice({ token }: HttpQuestion): string {
  return token === undefined
    ? "asks for a token; name the file that has it by --http-token-file"
    : "has another token than the file of --http-token-file";
}

/** How an address is reached, and why it is not. */
async function connect(address: HttpAddress, name: string, late: Promise<never>): Promise<Deno.Conn> {
  const connecting = address.kind === "unix"
    ? Deno.connect({ transport: "unix", path: address.path })
    : Deno.connect({ hostname: address.host, port: address.port });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // Whatever still comes of it is not wanted any more.
    connecting.then((conn) => conn.close(), () => {});
    throw new HttpAskError(`Cannot reach a queue's HTTP at "${name}": ${reasonOf(error as Error, address)}`);
  }
}

function reasonOf(error: Error, { kind }: HttpAddress): string {
  const advice = "(is the queue started with --http?)";
  if (error instanceof Deno.errors.ConnectionRefused) return `nothing listens there ${advice}`;
  if (error instanceof Deno.errors.NotFound && kind === "unix") return `there is no such socket ${advice}`;
  return systemMessage(error);
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

async function exchange(conn: Deno.Conn, question: string): Promise<HttpAnswer> {
  await writeAll(conn, new TextEncoder().encode(question));
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
    // A ZeroMQ socket begins with this byte, and then waits.
    if (status === 0 && count !== null && target[0] === 0xff) {
      throw new Error("it is a port for clients or workers; status is served where --http says");
    }
    const result = count === null ? parser.finish() : parser.execute(Buffer.from(target.buffer, 0, count));
    if (result instanceof Error || (count === null && status === 0)) throw new Error("what answers is not HTTP");
    if (count === null) break;
  }
  return { status, body: Buffer.concat(pieces).toString() };
}
