/**
 * Monitors, which report what happens to a socket's connections.
 *
 * @module
 */

import { IntOption, type MonitorEvent, SocketType } from "./constants.ts";
import type { Context } from "./context.ts";
import type { Socket } from "./socket.ts";

/**
 * How many events a monitor holds at most that nobody has read. libzmq's own end of it holds 1,000, and this one the least
 * that there is.
 */
export const MONITOR_CAPACITY = 1001;

const DECODER = new TextDecoder();

/** An event of a monitored socket. */
export interface SocketEvent {
  /** What happened. */
  readonly event: MonitorEvent;
  /** What else there is to know of it; {@linkcode MonitorEvent} says what each event has here. */
  readonly value: number;
  /**
   * The endpoint of the socket that it happened to, as libzmq knows it: for an accepted connection the endpoint that
   * was bound, for one that was made the endpoint that was connected.
   */
  readonly endpoint: string;
  /**
   * The endpoint at the connection's other side, such as `tcp://192.0.2.7:40312`. `undefined` unless the monitor was made
   * with {@linkcode MonitorOptions.withPeers}, and libzmq can tell.
   */
  readonly peer: string | undefined;
}

/** How a {@linkcode Monitor} reports. */
export interface MonitorOptions {
  /**
   * Whether its events name the peer, if libzmq can do that (`zmq_socket_monitor_versioned`, draft API).
   *
   * @default false
   */
  readonly withPeers?: boolean;
}

/**
 * Reports the events of a socket, through a PAIR on which a thread can wait. Read it on every turn: libzmq's I/O thread
 * waits for a full monitor, and then nobody is served.
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
   * @param socket The socket, which has no other monitor.
   * @param events The events to report.
   * @param options How.
   * @throws {ZmqError} When libzmq fails.
   */
  constructor(context: Context, socket: Socket, events: readonly MonitorEvent[], options: MonitorOptions = {}) {
    // A socket that is left open would keep its context from ending, and the caller from receiving the error.
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
   * Ends the monitor and then closes its PAIR; the socket may be open or closed. The order matters: with the PAIR gone an
   * event would have no receiver, and libzmq's I/O thread would wait for one for ever and serve nobody meanwhile.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // While the monitor is full libzmq's I/O thread waits, and has locked what ending the monitor waits for.
    while (this.#pair.receive() !== undefined);
    this.#socket.endMonitor();
    this.#pair.close();
  }

  /** As {@linkcode Monitor.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Numbers are unaligned and in the machine's byte order; descriptors and error numbers are C's int. */
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

/** Each a frame: uint64_t event, the number of values, the values (uint64_t; all our events have one), both endpoints. */
function decodeWithPeer([event, , value, endpoint, peer]: readonly Uint8Array<ArrayBuffer>[]): SocketEvent {
  return {
    event: new DataView(event!.buffer).getUint16(0, true) as MonitorEvent,
    value: new DataView(value!.buffer).getInt32(0, true),
    endpoint: DECODER.decode(endpoint),
    peer: DECODER.decode(peer),
  };
}
