/**
 * A client's connections that carry no request.
 *
 * @module
 */

import type { PeerSocket } from "../zmq/peer_socket.ts";

/** A connection to a queue, for one request at a time. */
export interface Connection {
  readonly peer: Pick<PeerSocket, "readEvents" | "close">;
  /** The index of its endpoint. */
  readonly index: number;
  /** When its last request was sent, by `performance.now()`. */
  usedAtMs: number;
}

/** A connection that was not used for this long is not needed, in milliseconds. */
const IDLE_MS = 30_000;
/** How often to look for such connections, as a fraction of that time. */
const CHECK_FRACTION = 1 / 3;
/**
 * A connection that was used within this time, in milliseconds, is taken without checking whether it has ended, which
 * would cost a system call.
 */
const TRUSTED_MS = 50;

/**
 * Keeps idle connections, and closes all but one of those that are no longer needed. The one used last is taken first,
 * so that the ones that are not needed stay unused.
 */
export class IdleConnections<C extends Connection> implements Disposable {
  readonly #byQueue: readonly C[][];
  readonly #idleMs: number;
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param queues The number of queues.
   * @param idleMs A connection that was not used for this long is not needed, in milliseconds.
   */
  constructor(queues: number, idleMs: number = IDLE_MS) {
    this.#byQueue = Array.from({ length: queues }, () => []);
    this.#idleMs = idleMs;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a connection whose events were read until now. */
  add(connection: C): void {
    this.#byQueue[connection.index]!.push(connection);
    this.#size++;
    if (this.#timer === undefined && this.#size > 1) this.#checkLater();
  }

  /**
   * Takes a connection. It may have ended a moment ago.
   *
   * @param index The index of the queue's endpoint.
   * @param nowMs The time, by `performance.now()`.
   * @returns A connection, or `undefined` when there is none.
   */
  take(index: number, nowMs: number): C | undefined {
    const connections = this.#byQueue[index]!;
    for (let connection = connections.pop(); connection !== undefined; connection = connections.pop()) {
      this.#size--;
      if (nowMs - connection.usedAtMs < TRUSTED_MS || connection.peer.readEvents() !== "ended") return connection;
      connection.peer.close(0);
    }
    return undefined;
  }

  /** Closes all connections to a queue. */
  closeAll(index: number): void {
    for (const { peer } of this.#byQueue[index]!.splice(0)) {
      this.#size--;
      peer.close(0);
    }
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const index of this.#byQueue.keys()) this.closeAll(index);
  }

  #checkLater(): void {
    const timer = setTimeout(() => {
      this.#timer = undefined;
      this.#closeUnused(performance.now() - this.#idleMs);
      if (this.#size > 1) this.#checkLater();
    }, this.#idleMs * CHECK_FRACTION);
    // Idle connections must not keep the program running.
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }

  /** Closes the connections that were last used before this time, except the one used last of all. */
  #closeUnused(sinceMs: number): void {
    const all = this.#byQueue.flat();
    const last = all.reduce((last, connection) => connection.usedAtMs > last.usedAtMs ? connection : last, all[0]!);
    for (const connections of this.#byQueue) {
      const isUnused = (connection: C) => connection !== last && connection.usedAtMs < sinceMs;
      const unused = connections.filter(isUnused);
      connections.splice(0, Infinity, ...connections.filter((connection) => !isUnused(connection)));
      for (const { peer } of unused) peer.close(0);
      this.#size -= unused.length;
    }
  }
}
