/**
 * Log lines about the connection to NATS. Each reason for a missing connection is logged once until there is a connection
 * again, and a connection that comes and goes is not logged every time.
 *
 * @module
 */

import type { EventLog, LogFields } from "../../log.ts";
import { LogLimiter } from "../../log_limiter.ts";

/** One line is written per this time, in milliseconds ... */
const INTERVAL_MS = 10_000;
/** ... after this many at once. */
const BURST = 10;
const KIND = "connection";

/** Writes the lines. A line that is held back is written later, unless there is a newer one. */
export class ConnectionLog implements Disposable {
  readonly #log: EventLog;
  readonly #servers: readonly string[];
  readonly #limiter: LogLimiter<() => void>;
  /** The reasons that were logged since the last connection. */
  readonly #said = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param log Where lines go.
   * @param servers The servers, as shown to people.
   * @param intervalMs The interval between lines after the first few, in milliseconds.
   */
  constructor(log: EventLog, servers: readonly string[], intervalMs: number = INTERVAL_MS) {
    this.#log = log;
    this.#servers = servers;
    this.#limiter = new LogLimiter({ usual: intervalMs, bursts: { [KIND]: BURST } }, (write) => write());
  }

  /** There is a connection. */
  connected(fields: LogFields): void {
    this.#said.clear();
    this.#say(() => this.#log.info("link connected", fields));
  }

  /** The connection was lost, or could not be made. */
  notConnected(reason: string): void {
    // Some reasons contain a number, such as how long ago a certificate expired.
    const kind = reason.replace(/\d+/g, "");
    if (this.#said.has(kind)) return;
    this.#said.add(kind);
    const effect = "the queue works alone until a server can be reached";
    this.#say(() => this.#log.warning("link not connected", { servers: this.#servers, reason, effect }));
  }

  /** Writes nothing more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #say(write: () => void): void {
    this.#limiter.add(KIND, write, performance.now());
    this.#sayLater();
  }

  #sayLater(): void {
    clearTimeout(this.#timer);
    const ms = this.#limiter.tick(performance.now());
    if (ms >= 0) this.#timer = setTimeout(() => this.#sayLater(), ms);
  }
}
