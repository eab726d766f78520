/**
 * A slot's route to one queue: a connection that is reopened after it was lost or left.
 *
 * @module
 */

import { Backoff } from "../backoff.ts";
import { makeIdentity } from "../identity.ts";
import type { ConnectionState } from "./connection_status.ts";
import type { EventLog } from "../log.ts";
import type { Frames } from "../lru.ts";
import { sendingSentence } from "../sending.ts";
import { ConnectError } from "../zmq/connect_error.ts";
import type { Connector } from "../zmq/connector.ts";
import type { PeerSocket } from "../zmq/peer_socket.ts";
import type { Waitable } from "../zmq/waiter.ts";
import { QueueConnection } from "./connection.ts";

/** If a connection lasted this long, in milliseconds, its end counts as a first failure. */
const STABLE_CONNECTION_MS = 5000;
/** Pauses before reconnecting to a queue whose connection was lost. */
const RECONNECT_BACKOFF = { firstMs: 100, maxMs: 2000 };

/** What a route needs. */
export interface RouteParts {
  /** The worker's identity at the queue; `undefined`: a random one for each connection. */
  readonly identity: string | undefined;
  /** Logs what happens. */
  readonly log: EventLog | undefined;
  /** Called when {@linkcode Route.openIfDue} has something to do. */
  readonly onNews: () => void;
  /** Called when a connection has been made or lost. */
  readonly onConnection: ((endpoint: string, state: ConnectionState) => void) | undefined;
}

/** A route to one queue; see the module. */
export class Route {
  readonly #connector: Connector;
  readonly #parts: RouteParts;
  readonly #backoff = new Backoff(RECONNECT_BACKOFF);
  #identity: string;
  /** Abort it to give up connecting. */
  #connecting: AbortController | undefined;
  /** The result of connecting: a connection that has not sent READY yet, or an error. */
  #arrived: PeerSocket | undefined;
  #error: unknown;
  #connection: QueueConnection | undefined;
  /** When the connection was opened, or will be. */
  #openAtMs = 0;
  /**
   * The level at which to log the next connection that becomes ready: the first one, and each one after a loss or a
   * failed job. `undefined`: it is not logged.
   */
  #readyLevel: "info" | "debug" | undefined = "info";
  /** Whether the connection's handshake may still be in progress. */
  #awaitsHandshake = false;

  /**
   * @param connector Connects to the queue's backend.
   * @param parts What it needs.
   */
  constructor(connector: Connector, parts: RouteParts) {
    this.#connector = connector;
    this.#parts = parts;
    // Each route has its own identity: if a queue is listed twice, connections with one identity would endlessly
    // displace each other.
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

  /** The sockets to wait for while the slot does a job from this queue. */
  get busySockets(): readonly Waitable[] {
    return this.#connection?.busySockets ?? [];
  }

  /**
   * Starts connecting if there is no connection and the time has come; sends READY once connected.
   *
   * @returns When to call this again, by `performance.now()`; `Infinity` if there is no need to.
   * @throws {ZmqError} When libzmq does not accept the identity.
   */
  openIfDue(): number {
    if (this.#error !== undefined) throw this.#error;
    if (this.#connection !== undefined || this.#connecting !== undefined) return Infinity;
    if (this.#arrived !== undefined) {
      this.#connection = new QueueConnection(this.#arrived);
      this.#arrived = undefined;
      this.#openAtMs = performance.now();
      this.#awaitsHandshake = true;
      this.#checkReady();
    } else {
      if (this.#openAtMs > performance.now()) return this.#openAtMs;
      this.#connect();
    }
    return Infinity;
  }

  /** The request that has arrived, `[client, "", ...body]`, if there is one. */
  receive(): Frames | undefined {
    const message = this.#connection?.receive();
    if (message !== undefined) this.#backoff.succeeded();
    return message;
  }

  /** Sends a reply. It is dropped if the connection was lost meanwhile. */
  send(reply: Frames): void {
    this.#connection?.send(reply);
  }

  /** Whether the connection was lost. Call this after each wait. A lost connection is closed, and reopened later. */
  checkLost(): boolean {
    const connection = this.#connection;
    if (connection === undefined) return false;
    if (connection.readState() !== "ended") {
      if (this.#awaitsHandshake) this.#checkReady();
      return false;
    }
    this.#reportLoss(connection);
    this.#connector.reportEnd(connection.peer);
    const now = performance.now();
    if (now - this.#openAtMs >= STABLE_CONNECTION_MS) this.#backoff.succeeded();
    // The worker keeps its identity: a queue that has not noticed the loss yet lets it take over its old place.
    this.close(0);
    this.#openAtMs = now + this.#backoff.failed();
    this.#readyLevel = "info";
    return true;
  }

  /**
   * Closes the connection. It may be reopened at once.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  close(lingerMs: number): void {
    this.#connecting?.abort();
    this.#connecting = undefined;
    this.#arrived?.close(0);
    this.#arrived = undefined;
    this.#connection?.close(this.#connection.hasReplied ? lingerMs : 0);
    this.#connection = undefined;
    this.#openAtMs = 0;
  }

  /**
   * Closes the connection and comes back as another worker, since the queue may take a while to notice that this one
   * has left.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  leave(lingerMs: number): void {
    this.close(lingerMs);
    // The Guide's queue ignores a connection whose identity is still in use.
    this.#identity = this.#parts.identity ?? makeIdentity();
  }

  /** Leaves the queue if no request has arrived yet. */
  leaveIfIdle(lingerMs: number): void {
    if (this.#connection?.hasRequest !== true) this.leave(lingerMs);
  }

  /** Hands the request back: to the queue, this worker has left, so another one gets the request. */
  handBack(): void {
    this.leave(0);
    // The log already says why the job failed. It need not report at the level info each time that the worker is back.
    this.#readyLevel ??= "debug";
  }

  #connect(): void {
    const connecting = this.#connecting = new AbortController();
    const settle = (peer: PeerSocket | undefined, error: unknown) => {
      if (connecting.signal.aborted) return peer?.close(0);
      this.#connecting = undefined;
      this.#arrived = peer;
      // The connector reports why it cannot connect, and makes the pauses.
      if (!(error instanceof ConnectError)) this.#error = error;
      this.#parts.onNews();
    };
    this.#connector.connect({ identity: this.#identity, signal: connecting.signal }).then(
      (peer) => settle(peer, undefined),
      (error) => settle(undefined, error),
    );
  }

  /** Logs that the worker is ready, once the handshake is done. */
  #checkReady(): void {
    if (!this.#connection!.peer.wasReady) return;
    this.#awaitsHandshake = false;
    const { endpoint } = this.#connector;
    this.#parts.onConnection?.(endpoint, "connected");
    if (this.#readyLevel === undefined) return;
    this.#connector.reportReady();
    this.#parts.log?.[this.#readyLevel]("worker ready", { identity: this.#identity, endpoint });
    this.#readyLevel = undefined;
  }

  #reportLoss(connection: QueueConnection): void {
    // Without a completed handshake, there was no connection to lose; the connector reports why.
    if (!connection.peer.wasReady) return;
    const { endpoint } = this.#connector;
    this.#parts.onConnection?.(endpoint, "connecting");
    const bytes = connection.bytesBeingSent;
    if (bytes === 0) this.#parts.log?.info("connection lost", { endpoint });
    else this.#parts.log?.warning("connection lost", { endpoint, reason: sendingSentence("a reply", bytes) });
  }
}
