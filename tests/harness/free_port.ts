/**
 * Ports that stay free until a test uses them.
 *
 * @module
 */

/** Below those that Linux gives to whoever asks for any port, which tests at the same time do. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port of the loopback interface on which nobody listens. Also for what ends and listens there again. */
export function freePort(): number {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** An endpoint of the loopback interface on which nobody listens; see {@linkcode freePort}. */
export function freeEndpoint(): string {
  return `tcp://127.0.0.1:${freePort()}`;
}
