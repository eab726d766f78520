/**
 * The socket of a worker or client: one connection to one address, and its events.
 *
 * @module
 */

import { isIpv6 } from "../endpoint.ts";
import { BytesOption, IntOption, MonitorEvent, SocketType } from "./constants.ts";
import type { Context } from "./context.ts";
import { type ClientKeys, useClientKeys } from "./curve.ts";
import { probePeers, watchPeers } from "./keepalive.ts";
import { Monitor } from "./monitor.ts";
import type { Socket } from "./socket.ts";
import type { Waitable } from "./waiter.ts";

/**
 * libzmq's pause before it reconnects, in milliseconds, to which it adds up to as much at random. Longer than any
 * socket is kept after it has lost its connection, because whoever reconnects must look up the name again.
 */
const RECONNECT_MS = 3_600_000;

const EVENTS = [
  MonitorEvent.CONNECTED,
  MonitorEvent.CLOSED,
  // Without a descriptor for the connection, there is nothing to close, and this is the only event.
  MonitorEvent.CONNECT_RETRIED,
  MonitorEvent.DISCONNECTED,
  MonitorEvent.HANDSHAKE_SUCCEEDED,
];

/**
 * The state of the connection. `connected`: the transport is connected, and the ZMTP handshake is in progress. `ready`:
 * the handshake is done. `ended`: there is no connection, and there will be none.
 */
export type PeerState = "connecting" | "connected" | "ready" | "ended";

/** What {@linkcode openPeerSocket} needs. */
export interface PeerSocketOptions {
  /**
   * The peer's identity (`ZMQ_ROUTING_ID`).
   *
   * @default the other side assigns one
   */
  readonly identity?: string | undefined;
  /**
   * Its keys, for CURVE.
   *
   * @default none: it connects without authentication (NULL)
   */
  readonly keys?: ClientKeys | undefined;
  /**
   * As {@linkcode Library.hasHandshakeEvents}. Without these events, a connection counts as ready when its transport is
   * connected.
   */
  readonly hasHandshakeEvents: boolean;
}

/** A REQ socket and its monitor. */
export class PeerSocket implements Disposable {
  /** The address it connects to. */
  readonly address: string;
  /** The socket. */
  readonly socket: Socket;
  /** The connection's events, to wait for. */
  readonly events: Waitable;
  readonly #monitor: Monitor;
  readonly #connectedState: PeerState;
  #state: PeerState = "connecting";
  #wasConnected = false;
  #wasReady = false;

  /**
   * Wraps a socket and its monitor, which {@linkcode openPeerSocket} makes.
   *
   * @param address The address it connects to.
   * @param socket The socket, owned by this object from now on.
   * @param monitor Its monitor, owned too.
   * @param connectedState The state to report when the transport is connected.
   */
  constructor(address: string, socket: Socket, monitor: Monitor, connectedState: PeerState) {
    this.address = address;
    this.socket = socket;
    this.events = this.#monitor = monitor;
    this.#connectedState = connectedState;
  }

  /** The state, as of the events that were read. */
  get state(): PeerState {
    return this.#state;
  }

  /** Whether the transport was ever connected. */
  get wasConnected(): boolean {
    return this.#wasConnected;
  }

  /** Whether the handshake was ever done. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Reads the events that a wait for {@linkcode PeerSocket.events} has found. Costs nothing if it has found none. */
  readAwaitedEvents(): PeerState {
    return this.#monitor.isSettled ? this.#state : this.readEvents();
  }

  /**
   * Reads the events so far, even if nobody has waited for them.
   *
   * @returns The state.
   */
  readEvents(): PeerState {
    for (let next = this.#monitor.receive(); next !== undefined; next = this.#monitor.receive()) {
      if (this.#state === "ended") continue;
      switch (next.event) {
        case MonitorEvent.CONNECTED:
          this.#state = this.#connectedState;
          this.#wasConnected = true;
          break;
        case MonitorEvent.HANDSHAKE_SUCCEEDED:
          this.#state = "ready";
          break;
        default:
          this.#state = "ended";
      }
      if (this.#state === "ready") this.#wasReady = true;
    }
    return this.#state;
  }

  /**
   * Closes both.
   *
   * @param lingerMs How long a sent message may take to be transmitted, in milliseconds (`ZMQ_LINGER`).
   */
  close(lingerMs: number): void {
    this.socket.setInt(IntOption.LINGER, lingerMs);
    this.#monitor.close();
    this.socket.close();
  }

  /** Closes both. Messages that were not transmitted yet are dropped. */
  [Symbol.dispose](): void {
    this.close(0);
  }
}

/**
 * Opens a worker's or client's socket, which connects once, in the background. A message that is sent earlier is
 * transmitted when the connection is ready.
 *
 * @param context The context.
 * @param address The address, without a name: see {@linkcode Address.endpoint}; or an `ipc://` endpoint.
 * @param options What else it needs.
 * @returns The socket, which ends with its connection.
 * @throws {ZmqError} When libzmq does not accept the address or the identity.
 */
export function openPeerSocket(context: Context, address: string, options: PeerSocketOptions): PeerSocket {
  // A socket that is left open would keep its context from ending, and the caller from receiving the error.
  using opened = new DisposableStack();
  const socket = opened.use(context.socket(SocketType.REQ, 0));
  if (options.identity !== undefined) {
    socket.setBytes(BytesOption.ROUTING_ID, new TextEncoder().encode(options.identity));
  }
  if (options.keys !== undefined) useClientKeys(socket, options.keys);
  socket.setInt(IntOption.IPV6, isIpv6(address) ? 1 : 0);
  socket.setInt(IntOption.RECONNECT_IVL, RECONNECT_MS);
  // Without this, waiting for a message from a vanished host would never end.
  watchPeers(socket);
  probePeers(socket, address);
  const monitor = opened.use(new Monitor(context, socket, EVENTS));
  socket.connect(address);
  opened.move();
  return new PeerSocket(address, socket, monitor, options.hasHandshakeEvents ? "connected" : "ready");
}
