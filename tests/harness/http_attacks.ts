/**
 * Attacks of strangers on an HTTP server.
 *
 * @module
 */

/** An attack on one connection, which lasts until the other side ends it. */
export type HttpAttack = (conn: Deno.Conn) => Promise<void>;

const PIECE = new TextEncoder().encode("x".repeat(64 * 1024));

/** Occupies a connection and sends nothing, for a moment. */
export async function idle(conn: Deno.Conn): Promise<void> {
  const timer = setTimeout(() => conn.closeWrite().catch(() => {}), 20);
  await conn.read(new Uint8Array(1));
  clearTimeout(timer);
}

/** Begins a request and does not continue it, for a moment. */
export async function halfHead(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("GET /status.json HTTP/1.1\r\nHost: "));
  await idle(conn);
}

/** Sends an endless header. */
export async function endlessHead(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nX: "));
  for (;;) await conn.write(PIECE);
}

/** Sends a body of 100 MB. */
export async function largeBody(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("POST /pause HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n"));
  for (;;) await conn.write(PIECE);
}

/**
 * Asks for the status, and reads it to its end.
 *
 * @param token The token that the request carries.
 */
export function statusFlood(token: string): HttpAttack {
  const head = new TextEncoder().encode(
    `GET /status.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  return async (conn) => {
    const buffer = new Uint8Array(64 * 1024);
    await conn.write(head);
    while (await conn.read(buffer) !== null);
  };
}

/**
 * Attacks with connections that are remade as soon as they are closed.
 *
 * @param port The port on this machine.
 * @param attack What each connection does.
 * @param isOver Whether to stop.
 * @param onEnd Called at the end of each connection.
 */
export async function attackAgain(
  port: number,
  attack: HttpAttack,
  isOver: () => boolean,
  onEnd: () => void = () => {},
): Promise<void> {
  while (!isOver()) {
    using conn = await Deno.connect({ port });
    // The queue closes the connection, which shows as an error or as the end of the stream.
    await attack(conn).catch(() => {});
    onEnd();
  }
}
