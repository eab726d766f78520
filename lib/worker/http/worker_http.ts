/**
 * The worker's HTTP side. It is loaded only with `--http`.
 *
 * @module
 */

import { formatHttpAddress, parseHttpAddress } from "../../http/address.ts";
import { guarded, isRead, json, methodNotAllowed } from "../../http/guard.ts";
import { listenForHttp } from "../../http/listen.ts";
import type { HttpServer } from "../../http/server.ts";
import type { WorkerStatus } from "../figures.ts";
import { WorkerMetrics } from "./worker_metrics.ts";

/** The HTTP side of a worker. */
export class WorkerHttp implements AsyncDisposable {
  readonly #server: HttpServer;

  private constructor(server: HttpServer) {
    this.#server = server;
  }

  /**
   * Listens and answers.
   *
   * @param addresses Where.
   * @param tokenFile The file of the token that requests over TCP need.
   * @param read Reads the worker's status.
   * @throws {HttpListenError} When an address or the token file cannot be used, or an address needs a token.
   */
  static async open(
    addresses: readonly string[],
    tokenFile: string | undefined,
    read: () => WorkerStatus,
  ): Promise<WorkerHttp> {
    const { server, token } = await listenForHttp(addresses.map(parseHttpAddress), tokenFile);
    const metrics = new WorkerMetrics(read);
    const health = {
      // It is the event loop that answers: a loop that does not turn is found by there being no answer.
      deadReason: () => undefined,
      unreadyReason: () => read().unready ?? undefined,
    };
    server.serve(guarded({ token, hosts: [] }, health, async ({ method, path }) => {
      if (path !== "/status.json" && path !== "/metrics") return undefined;
      if (!isRead(method)) return methodNotAllowed("GET, HEAD");
      return path === "/metrics" ? { status: 200, ...await metrics.read() } : json(JSON.stringify(read()));
    }));
    return new WorkerHttp(server);
  }

  /** Where it listens, with real ports. */
  get addresses(): readonly string[] {
    return this.#server.addresses.map(formatHttpAddress);
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
