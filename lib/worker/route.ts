/**
 * A slot's way to one queue: a connection that is opened again when it was lost or left.
 *
 * @module
 */

import { Backoff } from "../backoff.ts";
import { makeIdentity } from "../identity.ts";
import type { EventLog } from "../log.ts";
import type { Frames } from "../lru.ts";
import type { Context } from "../zmq/context.ts";
import type { Waitable } from "../zmq/waiter.ts";
import { QueueConnection } from "./connection.ts";

/** A connection that lasted this long was a good one: its end counts as the first failure. In milliseconds. */
const GOOD_CONNECTION_MS = 5000;
/** Pauses before the slot connects again to a queue whose connection was lost. */
const RECONNECT_BACKOFF = { firstMs: 100, maxMs: 2000 };

/** What a route needs. */
export interface RouteParts {
  /** The context of its sockets. */
  readonly context: Context;
  /** The worker's identity at the queue; `undefined`: a random one for each connection. */
  readonly identity: string | undefined;
  /** Logs what happens. */
  readonly log: EventLog | undefined;
}

/** A way to one queue; see the module. */
export class Route {
  /** The queue's backend. */
  readonly endpoint: string;
  readonly #parts: RouteParts;
  readonly #backoff = new Backoff(RECONNECT_BACKOFF);
  #identity: string;
  #connection: QueueConnection | undefined;
  /** When the connection was opened, or will be. */
  #openAtMs = 0;
  /** Whether the next opening is logged: the first, and each after a loss or a failed job. */
  #logsReady = true;

  /**
   * @param endpoint The queue's backend.
   * @param parts What it needs.
   */
  constructor(endpoint: string, parts: RouteParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    // Each route has its own: at a queue that is named twice, one connection would take over the other, for ever.
    this.#identity = parts.identity ?? makeIdentity();
  }

  /** The worker's identity at the queue. */
  get identity(): string {
    return this.#identity;
  }

  /** The sockets to wait for while the slot has no job. */
  get idleSockets(): readonly Waitable[] {
    return this.#connection?.idleSockets ?? [];
  }

  /** The sockets to wait for while the slot does a job that came this way. */
  get busySockets(): readonly Waitable[] {
    return this.#connection?.busySockets ?? [];
  }

  /**
   * Opens the connection, which says READY, if it is closed and its time has come.
   *
   * @returns When its time will come, by `performance.now()`; `Infinity`: it is open.
   * @throws {ZmqError} When libzmq does not take the endpoint or the identity.
   */
  openIfDue(): number {
    if (this.#connection !== undefined) return Infinity;
    const now = performance.now();
    if (this.#openAtMs > now) return this.#openAtMs;
    this.#connection = new QueueConnection(this.#parts.context, this.endpoint, this.#identity);
    this.#openAtMs = now;
    if (this.#logsReady) this.#parts.log?.info("worker ready", { identity: this.#identity, connect: this.endpoint });
    this.#logsReady = false;
    return Infinity;
  }

  /** The request that has come, if there is one: `[client, "", ...body]`. */
  receive(): Frames | undefined {
    const message = this.#connection?.receive();
    if (message !== undefined) this.#backoff.succeeded();
    return message;
  }

  /** Sends a reply. It is dropped when the connection was lost meanwhile. */
  send(reply: Frames): void {
    this.#connection?.send(reply);
  }

  /** Whether the queue has gone. Call it after each wait; the connection is closed then, and opened again later. */
  checkLost(): boolean {
    if (this.#connection === undefined || !this.#connection.checkLost()) return false;
    this.#parts.log?.info("connection lost", { endpoint: this.endpoint });
    const now = performance.now();
    if (now - this.#openAtMs >= GOOD_CONNECTION_MS) this.#backoff.succeeded();
    // It keeps its identity: a queue that has not noticed the loss yet lets it take over its own place.
    this.close(0);
    this.#openAtMs = now + this.#backoff.failed();
    this.#logsReady = true;
    return true;
  }

  /**
   * Closes the connection; it may be opened again at once.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  close(lingerMs: number): void {
    this.#connection?.close(this.#connection.hasReplied ? lingerMs : 0);
    this.#connection = undefined;
    this.#openAtMs = 0;
  }

  /**
   * Closes the connection and comes back as another worker, since the queue may not notice for a while that it has gone.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  leave(lingerMs: number): void {
    this.close(lingerMs);
    // The Guide's queue ignores a connection whose identity another one has.
    this.#identity = this.#parts.identity ?? makeIdentity();
  }

  /** Leaves the queue if no request has come yet. */
  leaveIfIdle(lingerMs: number): void {
    if (this.#connection?.hasRequest === false) this.leave(lingerMs);
  }

  /** Gives the request back: for the queue this worker is gone, so that another one gets the request. */
  handBack(): void {
    this.leave(0);
    this.#logsReady = true;
  }
}
