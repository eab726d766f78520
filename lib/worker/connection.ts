/**
 * A worker's connection to one queue.
 *
 * @module
 */

import { type Frames, READY_BYTE } from "../lru.ts";
import { refusableBytes, wasBeingSent } from "../sending.ts";
import type { PeerSocket, PeerState } from "../zmq/peer_socket.ts";
import type { Waitable } from "../zmq/waiter.ts";

/** A connection that has said READY. */
export class QueueConnection {
  readonly #peer: PeerSocket;
  /** The sockets to wait for while it has no job. */
  readonly idleSockets: readonly Waitable[];
  /** The sockets to wait for while it has one. */
  readonly busySockets: readonly Waitable[];
  /** Whether it has sent a reply, which must not be lost with it. */
  hasReplied = false;
  /** The size of the last reply's largest frame; 0: none that a queue may refuse. */
  #replyBytes = 0;
  #repliedAtMs = 0;

  /**
   * Says READY.
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

  /** What has become of the connection; to be asked after each wait for its sockets. */
  readState(): PeerState {
    return this.#peer.readAwaitedEvents();
  }

  /** Whether a request has come. */
  get hasRequest(): boolean {
    return this.#peer.socket.readable;
  }

  /** The request that has come, if there is one: `[client, "", ...body]`. */
  receive(): Frames | undefined {
    return this.#peer.socket.receive();
  }

  /**
   * Sends a reply, which says READY too; it is of no use when the connection was lost meanwhile, and is dropped then.
   *
   * @param reply Its frames, with the envelope.
   * @throws {ZmqError} When libzmq fails.
   */
  send(reply: Frames): void {
    this.#replyBytes = refusableBytes(reply);
    if (this.#replyBytes > 0) this.#repliedAtMs = performance.now();
    this.hasReplied = this.#peer.socket.send(reply);
  }

  /** The bytes of a reply that was being sent when the connection was lost; 0: none was. */
  get bytesBeingSent(): number {
    return wasBeingSent(this.#replyBytes, performance.now() - this.#repliedAtMs) ? this.#replyBytes : 0;
  }

  /**
   * Closes the connection: for the queue the worker is gone, and a request that it has goes to another.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  close(lingerMs: number): void {
    this.#peer.close(lingerMs);
  }
}
