/**
 * Monitors, which report the events of a socket's connections.
 *
 * @module
 */

import { IntOption, type MonitorEvent, SocketType } from "./constants.ts";
import type { Context } from "./context.ts";
import type { Socket } from "./socket.ts";

/** The most unread events that a monitor holds: libzmq's end holds 1,000, and this end the minimum, one. */
export const MONITOR_CAPACITY = 1001;

const DECODER = new TextDecoder();

/** An event of a monitored socket. */
export interface SocketEvent {
  /** What happened. */
  readonly event: MonitorEvent;
  /** The event's value; {@linkcode MonitorEvent} says what it means for each event. */
  readonly value: number;
  /**
   * The socket's own endpoint, as libzmq knows it: for an accepted connection the bound endpoint, for an outgoing
   * connection the connected endpoint.
   */
  readonly endpoint: string;
  /**
   * The endpoint at the connection's other side, such as `tcp://192.0.2.7:40312`. `undefined` unless the monitor was
   * made with {@linkcode MonitorOptions.withPeers} and libzmq knows it.
   */
  readonly peer: string | undefined;
}

/** Options of a {@linkcode Monitor}. */
export interface MonitorOptions {
  /**
   * Whether its events name the peer, if libzmq supports that (`zmq_socket_monitor_versioned`, draft API).
   *
   * @default false
   */
  readonly withPeers?: boolean;
}

/**
 * Reports the events of a socket through a PAIR, which a thread can wait for. Read it on every turn: when a monitor is
 * full, libzmq's I/O thread waits for it, and serves nobody.
 */
export class Monitor implements Disposable {
  readonly #socket: Socket;
  readonly #pair: Socket;
  readonly #version: 1 | 2;
  #isClosed = false;

  /**
   * Opens a monitor (`zmq_socket_monitor`), before its socket binds or connects.
   *
   * @param context The socket's context.
   * @param socket The socket, which must have no other monitor.
   * @param events The events to report.
   * @param options How to report them.
   * @throws {ZmqError} When libzmq fails.
   */
  constructor(context: Context, socket: Socket, events: readonly MonitorEvent[], options: MonitorOptions = {}) {
    // A socket left open would keep its context from ending, and so the caller from receiving the error.
    using opened = new DisposableStack();
    const endpoint = `inproc://monitor-${crypto.randomUUID()}`;
    this.#socket = socket;
    this.#version = options.withPeers === true && socket.canNamePeers ? 2 : 1;
    this.#socket.startMonitor(endpoint, events.reduce((sum, event) => sum | event, 0), this.#version);
    opened.defer(() => this.#socket.endMonitor());
    this.#pair = opened.use(context.socket(SocketType.PAIR, 0));
    this.#pair.setInt(IntOption.RCVHWM, 1);
    this.#pair.connect(endpoint);
    opened.move();
  }

  /** As {@linkcode Socket.fd}. */
  get fd(): number {
    return this.#pair.fd;
  }

  /** As {@linkcode Socket.readable}. */
  get readable(): boolean {
    return this.#pair.readable;
  }

  /** As {@linkcode Socket.isSettled}. */
  get isSettled(): boolean {
    return this.#pair.isSettled;
  }

  /**
   * Receives the next event without waiting.
   *
   * @returns The event, or `undefined` when there is none.
   * @throws {ZmqError} When libzmq fails.
   */
  receive(): SocketEvent | undefined {
    const message = this.#pair.receive();
    if (message === undefined) return undefined;
    return this.#version === 1 ? decode(message) : decodeWithPeer(message);
  }

  /**
   * Ends the monitor and then closes its PAIR; the socket may be open or closed. The order matters: without the PAIR,
   * an event would have no receiver, and libzmq's I/O thread would wait for one for ever and serve nobody.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // While the monitor is full, libzmq's I/O thread waits and holds the lock that ending the monitor needs.
    while (this.#pair.receive() !== undefined);
    this.#socket.endMonitor();
    this.#pair.close();
  }

  /** As {@linkcode Monitor.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Decodes an event. Numbers are unaligned and in the machine's byte order; descriptors and error numbers are C ints.
 */
function decode([numbers, endpoint]: readonly Uint8Array<ArrayBuffer>[]): SocketEvent {
  // uint16_t event, uint32_t value.
  const view = new DataView(numbers!.buffer);
  return {
    event: view.getUint16(0, true) as MonitorEvent,
    value: view.getInt32(2, true),
    endpoint: DECODER.decode(endpoint),
    peer: undefined,
  };
}

/**
 * Decodes an event of version 2. Its frames: the event (uint64_t), the number of values, the values (uint64_t; one for
 * all our events), both endpoints.
 */
function decodeWithPeer([event, , value, endpoint, peer]: readonly Uint8Array<ArrayBuffer>[]): SocketEvent {
  return {
    event: new DataView(event!.buffer).getUint16(0, true) as MonitorEvent,
    value: new DataView(value!.buffer).getInt32(0, true),
    endpoint: DECODER.decode(endpoint),
    peer: DECODER.decode(peer),
  };
}
