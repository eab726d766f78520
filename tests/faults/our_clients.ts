/**
 * Lazy Pirate clients of ours, one process each, beside a fault.
 *
 * @module
 */

import type { Program } from "../harness/program.ts";
import { start } from "../harness/programs.ts";
import { demand } from "./fault.ts";

/** What clients of ours told of themselves. */
export interface OurClientTotals {
  /** Replies. */
  readonly answered: number;
  /** Requests that were sent again. */
  readonly retries: number;
}

/** A few clients that ask until they are told to end. Leaving `await using`'s scope kills them. */
export class OurClients implements AsyncDisposable {
  readonly #clients: readonly Program[];

  /**
   * Starts them.
   *
   * @param frontends The queues', at least one.
   * @param count How many.
   * @param options How long they wait for a reply, and how often they send a request.
   */
  constructor(
    frontends: readonly string[],
    count: number,
    options: { readonly timeoutMs: number; readonly tries: number },
  ) {
    const { timeoutMs, tries } = options;
    const connects = frontends.flatMap((frontend) => ["--connect", frontend]);
    const args = [...connects, "--timeout", `${timeoutMs}ms`, "--retries", `${tries}`, "--log-format", "json"];
    this.#clients = Array.from({ length: count }, () => start("client", args));
  }

  /** Waits until each has had so many further replies. */
  async answered(count = 1): Promise<void> {
    await Promise.all(
      this.#clients.map((client) => client.event("reply", { sequence: client.count("reply") + count })),
    );
  }

  /** Ends them, each in the middle of a request, and checks that all they got was right. */
  async finish(): Promise<OurClientTotals> {
    let [answered, retries] = [0, 0];
    for (const client of this.#clients) {
      client.kill("SIGTERM");
      const { code, stderr } = await client.exit;
      const wrong = client.count("malformed reply");
      demand(wrong === 0, "A client of ours never gets an answer that is not its own", { wrong });
      demand(code === 0, "A client of ours gets each request answered", { code, stderr: stderr.slice(-1000) });
      answered += client.count("reply");
      retries += client.count("no reply, trying again");
    }
    return { answered, retries };
  }

  /** Kills them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()));
  }
}
