/**
 * Connections to NATS servers, which begin unencrypted and may then switch to TLS.
 *
 * @module
 */

const READ_BYTES = 64 * 1024;

/** A connection. */
export interface Connection {
  /** Reads some bytes; `null` at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes some bytes; returns how many. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Closes it. */
  close(): void;
}

/** How to continue with a connection. */
export type NextStep = "read more" | "go on" | "start TLS";

/** Where and how to connect. */
export interface DialOptions {
  /** The server's host. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /** The name in its certificate. */
  readonly tlsName: string;
  /** Decides how to continue from what the server has sent so far; throws to give up. */
  readonly judge: (said: Uint8Array<ArrayBuffer>) => NextStep;
  /** Gives up the attempt. */
  readonly signal: AbortSignal;
}

/** Connects to a server; rejects if that fails or is given up. */
export type Dial = (options: DialOptions) => Promise<Connection>;

/**
 * Connects with Deno's sockets.
 *
 * @param ca Further CA certificates to trust, in PEM form.
 */
export function denoDial(ca: string | undefined): Dial {
  const caCerts = ca === undefined ? [] : [ca];
  return async ({ hostname, port, tlsName, judge, signal }) => {
    let connection: Deno.Conn = await Deno.connect({ hostname, port });
    const close = () => closeAnyhow(connection);
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      (connection as Deno.TcpConn).setNoDelay(true);
      let said = new Uint8Array();
      let next = judge(said);
      for (const buffer = new Uint8Array(READ_BYTES); next === "read more"; next = judge(said)) {
        const count = await connection.read(buffer);
        if (count === null) throw new Error("the server closed the connection");
        said = joined(said, buffer.subarray(0, count));
      }
      if (next === "start TLS") {
        const encrypted = await Deno.startTls(connection as Deno.TcpConn, { hostname: tlsName, caCerts });
        connection = encrypted;
        signal.throwIfAborted();
        await encrypted.handshake();
      }
      signal.throwIfAborted();
      return connection;
    } catch (error) {
      closeAnyhow(connection);
      throw error;
    } finally {
      signal.removeEventListener("abort", close);
    }
  };
}

/** Concatenates two byte arrays. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function closeAnyhow(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
