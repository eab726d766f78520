/**
 * The queue's HTTP side: connects the server to the queue's status and commands. Loaded only with `--http`.
 *
 * @module
 */

import type { QueueStatus } from "../status/status.ts";
import { History } from "../status/history.ts";
import type { StatusKeeper } from "../status/status_keeper.ts";
import { type Commands, makeActions } from "./actions.ts";
import { formatHttpAddress } from "../../http/address.ts";
import { listenForHttp } from "../../http/listen.ts";
import type { HttpConfig } from "./config.ts";
import { EventStream } from "./event_stream.ts";
import { QueueMetrics } from "./metrics.ts";
import { PAGE } from "./page.ts";
import { type HttpContent, makeHandler } from "./routes.ts";
import type { HttpServer } from "../../http/server.ts";

/** The relay's loop counts as dead after this time without a turn; with HTTP it turns at least once a second. */
const DEAD_MS = 10_000;

/** The HTTP side of a queue. */
export class QueueHttp {
  readonly #server: HttpServer;
  readonly #config: HttpConfig;
  readonly #token: string | undefined;

  private constructor(server: HttpServer, config: HttpConfig, token: string | undefined) {
    this.#server = server;
    this.#config = config;
    this.#token = token;
  }

  /**
   * Listens. Nothing is answered before {@linkcode QueueHttp.serve}.
   *
   * @param config How it runs.
   * @throws {HttpListenError} When an address cannot be used, or needs a token.
   * @throws {KeyFileError} When the token file cannot be used.
   */
  static async listen(config: HttpConfig): Promise<QueueHttp> {
    const { server, token } = await listenForHttp(config.addresses, config.tokenFile);
    return new QueueHttp(server, config, token);
  }

  /** Where it listens, with real ports. */
  get addresses(): readonly string[] {
    return this.#server.addresses.map(formatHttpAddress);
  }

  /**
   * Starts answering.
   *
   * @param keeper Has the queue's status.
   * @param commands The queue's commands.
   */
  serve(keeper: StatusKeeper, commands: Commands): void {
    const { hosts, obeys } = this.#config;
    const history = new History();
    const events = new EventStream();
    let text: string | undefined;
    let textOf: QueueStatus | undefined;
    const content: HttpContent = {
      page: PAGE,
      status: () => {
        const { status } = keeper.last ?? {};
        // Formatted once for all readers.
        if (status !== textOf) [text, textOf] = [JSON.stringify(status), status];
        return text;
      },
      history: () => JSON.stringify(history.record),
      metrics: metricsReader(keeper),
      events,
      deadReason: () => this.#deadReason(keeper),
      unreadyReason: () => this.#deadReason(keeper) ?? unreadyReason(keeper),
      actions: obeys ? makeActions(commands) : undefined,
    };
    keeper.subscribe(({ status, snapshot }) => {
      history.add(status, snapshot.clockMs);
      events.send(status, snapshot.clockMs);
    });
    this.#server.serve(makeHandler(content, { token: this.#token, hosts }));
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  #deadReason({ silentMs }: StatusKeeper): string | undefined {
    if (silentMs <= DEAD_MS) return undefined;
    return silentMs === Infinity
      ? "the queue is starting"
      : `the thread that passes messages on has hung for ${Math.round(silentMs / 1000)} s`;
  }
}

/** Reads the metrics of the last snapshot. */
function metricsReader(keeper: StatusKeeper): HttpContent["metrics"] {
  const metrics = new QueueMetrics(() => keeper.last!);
  return async () => {
    if (keeper.last === undefined) await keeper.read();
    return await metrics.read();
  };
}

/** Why the queue is not ready. Asks the keeper, since the last snapshot may be older than the change. */
function unreadyReason({ drain, paused }: StatusKeeper): string | undefined {
  if (drain !== null) return "the queue is draining";
  return paused === null ? undefined : "the queue is paused";
}
