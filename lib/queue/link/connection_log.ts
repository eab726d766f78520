/**
 * What the log says of the connection to NATS: each reason why there is none once, until there is one again, and of a connection
 * that comes and goes not every turn.
 *
 * @module
 */

import type { EventLog, LogFields } from "../../log.ts";
import { LogLimiter } from "../../log_limiter.ts";

/** One line is passed on in this time, in milliseconds ... */
const INTERVAL_MS = 10_000;
/** ... after so many at once. */
const BURST = 10;
const KIND = "connection";

/** Writes the lines; those that are held back are written later, unless there is a newer one. */
export class ConnectionLog implements Disposable {
  readonly #log: EventLog;
  readonly #servers: readonly string[];
  readonly #limiter: LogLimiter<() => void>;
  /** The reasons that were said since there was a connection. */
  readonly #said = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param log Where lines go.
   * @param servers The servers, for people.
   * @param intervalMs How often, in milliseconds, once there were many.
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

  /** There is none any more, or could not be made. */
  notConnected(reason: string): void {
    // Some tell how long ago a certificate has expired.
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
