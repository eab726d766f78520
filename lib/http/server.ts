/**
 * A small HTTP server for a few readers, which many cannot harm: at most 64 connections at a time, 5 s for each request, and
 * bodies of at most 4 KiB.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { formatHttpAddress, type HttpAddress } from "./address.ts";
import { Pace } from "./pace.ts";
import { BadRequestError, type HttpRequest, type HttpResponse, readRequest, writeResponse } from "./request.ts";
import { systemMessage } from "../system_error.ts";

/** The most connections at a time. */
export const MAX_CONNECTIONS = 64;
/** How long a request may take to arrive. */
const REQUEST_MS = 5000;
/** How long a response may take to be read. */
const RESPONSE_MS = 10_000;
/**
 * How long a refused peer has to read the reason. Then the connection is closed, and the system resets it if data was left
 * unread.
 */
const REFUSED_MS = 200;
/** How long a newcomer waits for a connection that is closed to make room. */
const CLOSING_MS = 100;
const SOCKET_MODE = 0o660;

/** An HTTP address cannot be used; the message says why. */
export class HttpListenError extends Error {
  override readonly name = "HttpListenError";
  /** The name of the operating system's error, such as `EADDRINUSE`; otherwise a stable word. */
  readonly code: string;

  /**
   * @param message What is wrong.
   * @param code The error's name.
   */
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Who sent a request. */
export interface HttpPeer {
  /** Its address, or `unix`. */
  readonly address: string;
  /** Whether it came through a unix socket. */
  readonly isUnix: boolean;
}

/** A response that continues until its reader leaves. */
export interface HttpStream {
  /** Writes the response. Resolves when the signal is aborted or the reader has left. */
  readonly stream: (conn: Deno.Conn, signal: AbortSignal) => Promise<void>;
}

/** Answers requests. */
export type HttpHandler = (request: HttpRequest, peer: HttpPeer) => Promise<HttpResponse | HttpStream>;

/** The server; see the module. */
export class HttpServer {
  readonly #listeners: { readonly address: HttpAddress; readonly listener: Deno.Listener }[] = [];
  /** Connections whose request has not arrived yet, or whose response has not been read yet, oldest first. */
  readonly #waiting = new Set<Deno.Conn>();
  readonly #open = new Set<Deno.Conn>();
  /** All connections, including those that are being closed. */
  readonly #tasks = new Map<Deno.Conn, Promise<void>>();
  readonly #accepting: Promise<void>[] = [];
  readonly #ended = new AbortController();
  #closed: Promise<void> | undefined;
  #handler: HttpHandler = () => Promise.resolve({ status: 503, type: "text/plain", body: "The program is starting\n" });

  /** Where it listens, with real ports. */
  get addresses(): readonly HttpAddress[] {
    return this.#listeners.map(({ address, listener }) =>
      address.kind === "tcp" ? { ...address, port: (listener.addr as Deno.NetAddr).port } : address
    );
  }

  /**
   * Listens.
   *
   * @param addresses Where to listen.
   * @returns The server. Until {@linkcode HttpServer.serve} it answers every request with 503.
   * @throws {HttpListenError} When an address is taken or cannot be used.
   */
  static async listen(addresses: readonly HttpAddress[]): Promise<HttpServer> {
    const server = new HttpServer();
    try {
      for (const address of addresses) server.#listeners.push({ address, listener: await listenOn(address) });
    } catch (error) {
      await server.close();
      throw error;
    }
    for (const { address, listener } of server.#listeners) server.#accepting.push(server.#accept(address, listener));
    return server;
  }

  /** Answers requests with this handler from now on. */
  serve(handler: HttpHandler): void {
    this.#handler = handler;
  }

  /** Closes all connections and removes the unix sockets. */
  close(): Promise<void> {
    // Further calls wait for the same end.
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    for (const { address, listener } of this.#listeners.splice(0)) {
      listener.close();
      if (address.kind === "unix") await Deno.remove(address.path).catch(ignoreMissing);
    }
    await Promise.all(this.#accepting);
    for (const conn of this.#open) closeConn(conn);
    await Promise.all(this.#tasks.values());
  }

  async #accept(address: HttpAddress, listener: Deno.Listener): Promise<void> {
    const pace = new Pace();
    while (!this.#ended.signal.aborted) {
      try {
        await delay(pace.next(performance.now()), this.#ended.signal);
        const conn = await listener.accept();
        if (await this.#makeRoom()) this.#tasks.set(conn, this.#serveConnection(conn, address));
        else closeConn(conn);
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        // Otherwise the peer has already left, or there are no descriptors.
        if (error instanceof Deno.errors.BadResource) return;
        await delay(REFUSED_MS, this.#ended.signal);
      }
    }
  }

  /** If there are too many connections, closes the oldest one that has not sent its request or not read its response. */
  async #makeRoom(): Promise<boolean> {
    if (this.#tasks.size < MAX_CONNECTIONS) return true;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return false;
    this.#forget(oldest);
    // Its descriptor is free only when its task has ended. In Deno before 2.9.5, closing a connection does not end a write to it, so
    // that it stays open until its peer leaves.
    await Promise.race([this.#tasks.get(oldest), delay(CLOSING_MS, this.#ended.signal)]);
    return !this.#tasks.has(oldest);
  }

  async #serveConnection(conn: Deno.Conn, address: HttpAddress): Promise<void> {
    this.#open.add(conn);
    this.#waiting.add(conn);
    let timer = setTimeout(() => this.#forget(conn), REQUEST_MS);
    // Lets the caller add this task to `#tasks` before it can be removed below.
    await Promise.resolve();
    try {
      const request = await readRequest(conn);
      this.#waiting.delete(conn);
      clearTimeout(timer);
      if (request === undefined) return;
      const response = await this.#answer(request, peerOf(conn, address));
      if ("stream" in response) return await response.stream(conn, this.#ended.signal);
      timer = setTimeout(() => this.#forget(conn), RESPONSE_MS);
      this.#waiting.add(conn);
      await writeResponse(conn, response, request.method === "HEAD");
    } catch (error) {
      // Any other error ends only this connection, not the process.
      if (error instanceof BadRequestError) await this.#refuse(conn, error);
    } finally {
      clearTimeout(timer);
      this.#forget(conn);
      this.#tasks.delete(conn);
    }
  }

  async #answer(request: HttpRequest, peer: HttpPeer): Promise<HttpResponse | HttpStream> {
    try {
      return await this.#handler(request, peer);
    } catch (error) {
      if (error instanceof BadRequestError) throw error;
      // For instance, the queue has ended meanwhile.
      return { status: 503, type: "text/plain", body: `${(error as Error).message}\n` };
    }
  }

  async #refuse(conn: Deno.Conn, { status, message }: BadRequestError): Promise<void> {
    try {
      await writeResponse(conn, { status, type: "text/plain", body: `${message}\n` }, false);
      await conn.closeWrite();
      await delay(REFUSED_MS, this.#ended.signal);
    } catch {
      // The peer left without reading the reason.
    }
  }

  #forget(conn: Deno.Conn): void {
    this.#waiting.delete(conn);
    if (this.#open.delete(conn)) closeConn(conn);
  }
}

async function listenOn(address: HttpAddress): Promise<Deno.Listener> {
  const name = formatHttpAddress(address);
  try {
    if (address.kind === "tcp") return Deno.listen({ hostname: address.host, port: address.port });
    return await listenOnPath(address.path);
  } catch (error) {
    if (error instanceof HttpListenError) throw error;
    const { code } = error as Error & { readonly code?: string };
    throw new HttpListenError(
      `Cannot listen for HTTP on "${name}": ${reasonOf(error as Error)}`,
      code ?? "HTTP_ADDRESS",
    );
  }
}

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.AddrInUse) return "the port is taken; choose another one with --http";
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.NotFound) return "the socket's folder does not exist";
  if (error.message.includes("SUN_LEN")) return "the path is too long for a socket";
  return systemMessage(error);
}

/** Binds a temporary path and renames it once the mode is set, so that nobody can connect before. */
async function listenOnPath(path: string): Promise<Deno.Listener> {
  await checkFree(path);
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  const listener = Deno.listen({ transport: "unix", path: temporary });
  try {
    await Deno.chmod(temporary, SOCKET_MODE);
    await Deno.rename(temporary, path);
  } catch (error) {
    listener.close();
    await Deno.remove(temporary).catch(ignoreMissing);
    throw error;
  }
  return listener;
}

async function checkFree(path: string): Promise<void> {
  const file = await Deno.lstat(path).catch(ignoreMissing);
  if (file === undefined) return;
  const refuse = (why: string) => new HttpListenError(`Cannot listen for HTTP on "unix:${path}": ${why}`, "EADDRINUSE");
  if (file.isSocket !== true) throw refuse("there is a file that is not a socket");
  const conn = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
  if (conn === undefined) return;
  conn.close();
  throw refuse("another process listens there");
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function peerOf(conn: Deno.Conn, address: HttpAddress): HttpPeer {
  if (address.kind === "unix") return { address: "unix", isUnix: true };
  return { address: (conn.remoteAddr as Deno.NetAddr).hostname, isUnix: false };
}

/** Whether an error means that the peer has left or that the connection was closed here. */
function isLeft(error: unknown): boolean {
  const left = [
    Deno.errors.BadResource,
    Deno.errors.BrokenPipe,
    Deno.errors.ConnectionReset,
    Deno.errors.ConnectionAborted,
    Deno.errors.NotConnected,
    Deno.errors.Interrupted,
    Deno.errors.UnexpectedEof,
  ];
  return left.some((kind) => error instanceof kind);
}

function closeConn(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!isLeft(error)) throw error;
  }
}
