/**
 * A worker's connection to one queue.
 *
 * @module
 */

import { type Frames, READY_BYTE } from "../lru.ts";
import { refusableBytes, wasBeingSent } from "../sending.ts";
import type { PeerSocket, PeerState } from "../zmq/peer_socket.ts";
import type { Waitable } from "../zmq/waiter.ts";

/** A connection that has sent READY. */
export class QueueConnection {
  readonly #peer: PeerSocket;
  /** The sockets to wait for while it has no job. */
  readonly idleSockets: readonly Waitable[];
  /** The sockets to wait for while it has a job. */
  readonly busySockets: readonly Waitable[];
  /** Whether it has sent a reply, which must not be lost when the connection is closed. */
  hasReplied = false;
  /** The size of the last reply's largest frame, in bytes; 0 if no queue refuses a frame of that size. */
  #replyBytes = 0;
  #repliedAtMs = 0;

  /**
   * Sends READY.
   *
   * @param peer The connection, owned by this object from now on.
   * @throws {ZmqError} When libzmq fails.
   */
  constructor(peer: PeerSocket) {
    this.#peer = peer;
    this.idleSockets = [peer.socket, peer.events];
    this.busySockets = [peer.events];
    peer.socket.send([new TextEncoder().encode(READY_BYTE)]);
  }

  /** The connection itself. */
  get peer(): PeerSocket {
    return this.#peer;
  }

  /** The state of the connection. Read it after each wait for its sockets. */
  readState(): PeerState {
    return this.#peer.readAwaitedEvents();
  }

  /** Whether a request has arrived. */
  get hasRequest(): boolean {
    return this.#peer.socket.readable;
  }

  /** The request that has arrived, `[client, "", ...body]`, if there is one. */
  receive(): Frames | undefined {
    return this.#peer.socket.receive();
  }

  /**
   * Sends a reply, which also says READY. If the connection was lost meanwhile, the reply is useless and is dropped.
   *
   * @param reply Its frames, with the envelope.
   * @throws {ZmqError} When libzmq fails.
   */
  send(reply: Frames): void {
    this.#replyBytes = refusableBytes(reply);
    if (this.#replyBytes > 0) this.#repliedAtMs = performance.now();
    this.hasReplied = this.#peer.socket.send(reply);
  }

  /** The size in bytes of the reply that was being sent when the connection was lost; 0 if there was none. */
  get bytesBeingSent(): number {
    return wasBeingSent(this.#replyBytes, performance.now() - this.#repliedAtMs) ? this.#replyBytes : 0;
  }

  /**
   * Closes the connection. To the queue, the worker has left, so a request that it had goes to another worker.
   *
   * @param lingerMs How long a reply may take to be transmitted, in milliseconds.
   */
  close(lingerMs: number): void {
    this.#peer.close(lingerMs);
  }
}
