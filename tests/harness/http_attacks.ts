/**
 * What strangers do to an HTTP side.
 *
 * @module
 */

/** Does something on a connection, until the other side ends it. */
export type HttpAttack = (conn: Deno.Conn) => Promise<void>;

const PIECE = new TextEncoder().encode("x".repeat(64 * 1024));

/** Takes a place and says nothing, for a moment. */
export async function idle(conn: Deno.Conn): Promise<void> {
  const timer = setTimeout(() => conn.closeWrite().catch(() => {}), 20);
  await conn.read(new Uint8Array(1));
  clearTimeout(timer);
}

/** Begins a request and goes on no further, for a moment. */
export async function halfHead(conn: Deno.Conn): Promise<void> {
  await conn.write(new TextEncoder().encode("GET /status.json HTTP/1.1\r\nHost: "));
  await idle(conn);
}

/** Sends a header without an end. */
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
 * @param token Which the request bears.
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
 * Attacks with connections that come again as soon as they are ended.
 *
 * @param port The port on this machine.
 * @param attack What each connection does.
 * @param isOver Whether to stop.
 * @param onEnd Is told of each connection's end.
 */
export async function attackAgain(
  port: number,
  attack: HttpAttack,
  isOver: () => boolean,
  onEnd: () => void = () => {},
): Promise<void> {
  while (!isOver()) {
    using conn = await Deno.connect({ port });
    // The queue ends the connection, which is an error or an end.
    await attack(conn).catch(() => {});
    onEnd();
  }
}
