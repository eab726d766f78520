/**
 * A worker's connection to one queue.
 *
 * @module
 */

import { isIpv6 } from "../endpoint.ts";
import { type Frames, READY_BYTE } from "../lru.ts";
import { BytesOption, IntOption, MonitorEvent, SocketType } from "../zmq/constants.ts";
import { watchPeer } from "../zmq/keepalive.ts";
import type { Context } from "../zmq/context.ts";
import { Monitor } from "../zmq/monitor.ts";
import type { Socket } from "../zmq/socket.ts";
import type { Waitable } from "../zmq/waiter.ts";

/** The longest pause between two attempts of libzmq's to connect, in milliseconds. */
const MAX_RECONNECT_MS = 2000;

/** A REQ socket that has said READY, and its monitor. */
export class QueueConnection {
  readonly #socket: Socket;
  readonly #monitor: Monitor;
  #isLost = false;
  /** Whether it has sent a reply, which must not be lost with it. */
  hasReplied = false;

  /**
   * Connects and says READY, both in the background.
   *
   * @param context The context.
   * @param endpoint The queue's backend.
   * @param identity The worker's identity (`ZMQ_ROUTING_ID`).
   * @throws {ZmqError} When libzmq does not take the endpoint or the identity.
   */
  constructor(context: Context, endpoint: string, identity: string) {
    // A socket that is left open would keep its context from ending, and the caller from hearing of the error.
    using opened = new DisposableStack();
    this.#socket = opened.use(context.socket(SocketType.REQ, 0));
    this.#socket.setBytes(BytesOption.ROUTING_ID, new TextEncoder().encode(identity));
    this.#socket.setInt(IntOption.IPV6, isIpv6(endpoint) ? 1 : 0);
    this.#socket.setInt(IntOption.RECONNECT_IVL_MAX, MAX_RECONNECT_MS);
    // A queue whose host is gone would otherwise keep an idle worker waiting for ever, also when it is back.
    watchPeer(this.#socket);
    this.#monitor = opened.use(new Monitor(context, this.#socket, [MonitorEvent.DISCONNECTED]));
    this.#socket.connect(endpoint);
    this.#socket.send([new TextEncoder().encode(READY_BYTE)]);
    opened.move();
  }

  /** The sockets to wait for while it has no job. */
  get idleSockets(): readonly Waitable[] {
    return [this.#socket, this.#monitor];
  }

  /** The sockets to wait for while it has one. */
  get busySockets(): readonly Waitable[] {
    return [this.#monitor];
  }

  /** Whether the queue has gone, which libzmq itself would hide by connecting anew; to be asked after each wait. */
  checkLost(): boolean {
    if (!this.#monitor.isSettled && this.#monitor.readable) this.#isLost = true;
    return this.#isLost;
  }

  /** Whether a request has come. */
  get hasRequest(): boolean {
    return this.#socket.readable;
  }

  /** The request that has come, if there is one: `[client, "", ...body]`. */
  receive(): Frames | undefined {
    return this.#socket.receive();
  }

  /** Sends a reply, which says READY too; it is of no use when the connection was lost meanwhile, and is dropped then. */
  send(reply: Frames): void {
    this.hasReplied = this.#socket.send(reply);
  }

  /**
   * Closes the connection: for the queue the worker is gone, and a request that it has goes to another.
   *
   * @param lingerMs How long a reply that was sent may take to leave.
   */
  close(lingerMs: number): void {
    this.#socket.setInt(IntOption.LINGER, lingerMs);
    this.#monitor.close();
    this.#socket.close();
  }
}
