/**
 * NATS servers for tests.
 *
 * @module
 */

import { freePort } from "./free_port.ts";
import { Program } from "./program.ts";

/** A NATS server from Debian's package, as a process. Needs `nats`. */
export class NatsServer extends Program {
  /** Its port. */
  readonly port: number;
  readonly #args: readonly string[];

  private constructor(port: number, args: readonly string[]) {
    super("nats-server", { args: ["-a", "127.0.0.1", "-p", `${port}`, ...args] });
    this.port = port;
    this.#args = args;
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

  /**
   * Starts a cluster of three.
   *
   * @param stack Ends them.
   */
  static async startCluster(stack: AsyncDisposableStack): Promise<NatsServer[]> {
    const routes = [freePort(), freePort(), freePort()];
    return await Promise.all(routes.map(async (port) => {
      const others = routes.filter((other) => other !== port).map((other) => `nats://127.0.0.1:${other}`).join(",");
      const args = ["--cluster_name", "test", "--cluster", `nats://127.0.0.1:${port}`, "--routes", others];
      return stack.use(await NatsServer.start(args));
    }));
  }

  /** Waits until it has ended, and restarts it with the same arguments. */
  async again(): Promise<NatsServer> {
    await this.exit;
    return await NatsServer.start(this.#args, this.port);
  }
}
