/**
 * Our own Lazy Pirate clients during a fault, one process each.
 *
 * @module
 */

import type { Program } from "../harness/program.ts";
import { start } from "../harness/programs.ts";
import { demand } from "./fault.ts";

/** What these clients have logged. */
export interface OurClientTotals {
  /** Replies. */
  readonly answered: number;
  /** Requests that were sent again. */
  readonly retries: number;
}

/** A few clients that send requests until they get a signal. Leaving `await using`'s scope kills them. */
export class OurClients implements AsyncDisposable {
  readonly #clients: readonly Program[];

  /**
   * Starts them.
   *
   * @param frontends The queues', at least one.
   * @param count How many.
   * @param options How long a try waits, and how many tries there are; further arguments; what starts a client, if that is not
   * this machine.
   */
  constructor(
    frontends: readonly string[],
    count: number,
    options: {
      readonly timeoutMs: number;
      readonly tries: number;
      readonly args?: readonly string[];
      readonly start?: (role: "client", args: readonly string[]) => Program;
    },
  ) {
    const { timeoutMs, tries, args: further = [], start: startIt = start } = options;
    const connects = frontends.flatMap((frontend) => ["--connect", frontend]);
    const args = [
      ...connects,
      "--count",
      "0",
      "--timeout",
      `${timeoutMs}ms`,
      "--retries",
      `${tries}`,
      "--log-format",
      "json",
      ...further,
    ];
    this.#clients = Array.from({ length: count }, () => startIt("client", args));
  }

  /** The clients. */
  get programs(): readonly Program[] {
    return this.#clients;
  }

  /** What they have logged so far. */
  get totals(): OurClientTotals {
    const count = (event: string) => this.#clients.reduce((sum, client) => sum + client.count(event), 0);
    return { answered: count("reply"), retries: count("no reply, trying again") };
  }

  /** Waits until each client has received a number of further replies. */
  async answered(count = 1): Promise<void> {
    await Promise.all(
      this.#clients.map((client) => client.event("reply", { sequence: client.count("reply") + count })),
    );
  }

  /** Ends them, each in the middle of a request, and checks that all replies were right. */
  async finish(): Promise<OurClientTotals> {
    for (const client of this.#clients) {
      client.kill("SIGTERM");
      const { code, stderr } = await client.exit;
      const wrong = client.count("malformed reply");
      demand(wrong === 0, "Our client never gets the answer to another request", { wrong });
      demand(code === 0, "Our client gets an answer to each request", { code, stderr: stderr.slice(-1000) });
    }
    return this.totals;
  }

  /** Kills them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
  }
}
