/**
 * The worker's HTTP server. It is loaded only with `--http`.
 *
 * @module
 */

import { formatHttpAddress, parseHttpAddress } from "../../http/address.ts";
import { guarded, isRead, json, methodNotAllowed } from "../../http/guard.ts";
import { listenForHttp } from "../../http/listen.ts";
import type { HttpServer } from "../../http/server.ts";
import type { WorkerStatus } from "../figures.ts";
import { LoopWatch, TURN_INTERVAL_MS } from "./loop_watch.ts";
import { type WorkerHttpStatus, WorkerMetrics } from "./worker_metrics.ts";

/** The HTTP server of a worker. */
export class WorkerHttp implements AsyncDisposable {
  readonly #server: HttpServer;
  readonly #endTurns: () => void;

  private constructor(server: HttpServer, endTurns: () => void) {
    this.#server = server;
    this.#endTurns = endTurns;
  }

  /**
   * Listens and answers.
   *
   * @param addresses Where to listen.
   * @param tokenFile The file with the token that requests over TCP must carry.
   * @param read Reads the worker's status.
   * @throws {HttpListenError} When an address cannot be used, or needs a token.
   * @throws {KeyFileError} When the token file cannot be used.
   */
  static async open(
    addresses: readonly string[],
    tokenFile: string | undefined,
    read: () => WorkerStatus,
  ): Promise<WorkerHttp> {
    const { server, token } = await listenForHttp(addresses.map(parseHttpAddress), tokenFile);
    const loop = new LoopWatch();
    const timer = setInterval(() => loop.turn(), TURN_INTERVAL_MS);
    const status = (): WorkerHttpStatus => ({ ...read(), loopDelayMs: loop.delayMs });
    const metrics = new WorkerMetrics(status);
    const health = {
      deadReason: () => loop.deadReason,
      unreadyReason: () => loop.deadReason ?? read().unready ?? undefined,
    };
    server.serve(guarded({ token, hosts: [] }, health, async ({ method, path }) => {
      if (path !== "/status.json" && path !== "/metrics") return undefined;
      if (!isRead(method)) return methodNotAllowed("GET, HEAD");
      return path === "/metrics" ? { status: 200, ...await metrics.read() } : json(JSON.stringify(status()));
    }));
    return new WorkerHttp(server, () => clearInterval(timer));
  }

  /** The addresses at which it listens, with their real ports. */
  get addresses(): readonly string[] {
    return this.#server.addresses.map(formatHttpAddress);
  }

  /** Ends all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endTurns();
    await this.#server.close();
  }
}
