/**
 * NATS servers for tests.
 *
 * @module
 */

import { Program } from "./program.ts";

/** A NATS server of Debian's package, as a process. Needs `nats`. */
export class NatsServer extends Program {
  /** Its port. */
  readonly port: number;

  private constructor(port: number, args: readonly string[]) {
    super("nats-server", { args: ["-a", "127.0.0.1", "-p", `${port}`, ...args] });
    this.port = port;
  }

  /** Where queues connect. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /**
   * Starts a server and waits until it listens.
   *
   * @param args Further arguments.
   * @param port Its port.
   * @default port any free one
   */
  static async start(args: readonly string[] = [], port: number = freePort()): Promise<NatsServer> {
    const server = new NatsServer(port, args);
    try {
      await server.text("stderr", /Server is ready/);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** A port that was free a moment ago: the server cannot say which one it has chosen. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
