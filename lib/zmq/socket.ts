/**
 * libzmq's sockets.
 *
 * @module
 */

import { ipcPath } from "../endpoint.ts";
import {
  type BytesOption,
  BytesOption as Bytes,
  DONTWAIT,
  FD_OPTION,
  type Int64Option,
  IntOption,
  MESSAGE_SIZE,
  POLLIN,
  SNDMORE,
  SocketType,
} from "./constants.ts";
import { withKnownZone } from "./addresses.ts";
import { encodeText } from "./c_text.ts";
import { errnoNumber, isCallToRepeat, lastError } from "./error.ts";
import { registerHandle, unregisterHandle } from "./handles.ts";
import { type IpcFile, type IpcListener, listenIpc } from "./ipc_file.ts";
import type { Symbols } from "./symbols.ts";

const EAGAIN = errnoNumber("EAGAIN");
const EINTR = errnoNumber("EINTR");
/** The value of {@linkcode IntOption.USE_FD} that makes libzmq open descriptors itself. */
const NO_FD = -1;

/** A libzmq socket, used by one thread at a time. */
export class Socket implements Disposable {
  readonly #symbols: Symbols;
  #handle: Deno.PointerObject | null;
  readonly #type: SocketType;
  #isSettled = false;
  #isMonitored = false;
  /** Memory for reading `int` options such as `ZMQ_EVENTS`. */
  readonly #value = new Int32Array(1);
  readonly #valueSize = new BigUint64Array(1);
  #fd: number | undefined;
  /**
   * A `zmq_msg_t` to receive into. It has twice the size, so that V8 does not place it on its heap, where it could
   * move.
   */
  readonly #messageMemory = new Uint8Array(MESSAGE_SIZE * 2);
  /** The address of that memory. */
  readonly #message = Deno.UnsafePointer.of(this.#messageMemory)!;
  readonly #ipcFiles: IpcFile[] = [];

  /**
   * @param symbols libzmq.
   * @param handle The `void *` of `zmq_socket`, owned by this object from now on.
   * @param type Its type.
   */
  constructor(symbols: Symbols, handle: Deno.PointerObject, type: SocketType) {
    this.#symbols = symbols;
    this.#handle = handle;
    this.#type = type;
    registerHandle(this);
  }

  /** The `void *` of the C API. */
  get pointer(): Deno.PointerObject {
    if (this.#handle === null) throw new Error("Cannot use a libzmq socket after it was closed");
    return this.#handle;
  }

  /** Sets an `int` option (`zmq_setsockopt`). */
  setInt(option: IntOption, value: number): void {
    this.#set(option, new Int32Array([value]));
  }

  /** Sets an `int64_t` option. */
  setInt64(option: Int64Option, value: number): void {
    this.#set(option, new BigInt64Array([BigInt(value)]));
  }

  /** Sets an option whose value is bytes. */
  setBytes(option: BytesOption, value: Uint8Array<ArrayBuffer>): void {
    this.#set(option, value);
  }

  /** Reads an `int` option (`zmq_getsockopt`). */
  getInt(option: IntOption | typeof FD_OPTION): number {
    this.#valueSize[0] = 4n;
    while (this.#symbols.zmq_getsockopt(this.pointer, option, this.#value, this.#valueSize) < 0) {
      if (!this.#isInterrupted()) throw lastError(this.#symbols, `Cannot read socket option ${option}`);
    }
    return this.#value[0]!;
  }

  /**
   * The descriptor to wait for (`ZMQ_FD`). It becomes readable when the socket may have changed, and any call on the
   * socket may reset it. So wait only if {@linkcode Socket.isSettled} is true or {@linkcode Socket.readable} is false.
   */
  get fd(): number {
    return this.#fd ??= this.getInt(FD_OPTION);
  }

  /** Whether a message can be received without waiting (`ZMQ_EVENTS`). */
  get readable(): boolean {
    const readable = (this.getInt(IntOption.EVENTS) & POLLIN) !== 0;
    this.#isSettled = !readable;
    return readable;
  }

  /**
   * Whether it is known, without a system call, that there is no message and that the descriptor will become readable
   * with the next one. `false` means unknown.
   */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Binds (`zmq_bind`). For an `ipc://` endpoint, this method itself listens and gives libzmq the listener, since
   * libzmq would remove whatever is at the path. A socket on which nobody listens is replaced; anything else is left
   * there and is an error.
   *
   * @param endpoint Such as `tcp://127.0.0.1:*`, where `*` stands for any free port.
   * @param subject What the socket is to its user, for error messages.
   * @returns The endpoint that was bound, with its real port or path.
   * @throws {ZmqError} When that fails, for instance `EADDRINUSE`.
   */
  bind(endpoint: string, subject = "socket"): string {
    const action = `Cannot bind ${subject} to "${endpoint}"`;
    this.#isSettled = false;
    const path = ipcPath(endpoint);
    if (path === undefined) {
      this.#bind(withKnownZone(this.#symbols, endpoint), action);
      return this.lastEndpoint;
    }
    const listener = this.#listen(path, this.getInt(IntOption.BACKLOG), action);
    this.#adopt(listener, action);
    return listener.endpoint;
  }

  /**
   * Listens on behalf of this socket. No connection is accepted until {@linkcode Socket.adopt} gives libzmq the
   * listener. The file is removed when this socket is closed.
   *
   * @param path The path of an `ipc://` endpoint.
   * @param subject As for {@linkcode Socket.bind}.
   * @param backlog How many connections may wait to be accepted.
   * @returns The listener; the caller owns its descriptor.
   * @throws {ZmqError} As {@linkcode Socket.bind}.
   */
  listen(path: string, subject: string, backlog: number): IpcListener {
    return this.#listen(path, backlog, `Cannot bind ${subject} to "ipc://${path}"`);
  }

  /** The files of the `ipc://` endpoints at which it listens. */
  get ipcFiles(): readonly IpcFile[] {
    return this.#ipcFiles;
  }

  /**
   * Gives libzmq a listener, from which it accepts connections for this socket (`ZMQ_USE_FD`).
   *
   * @param listener The listener; libzmq owns its descriptor from now on.
   * @throws {ZmqError} When libzmq fails. The descriptor is then closed.
   */
  adopt(listener: IpcListener): void {
    this.#adopt(listener, `Cannot bind a socket to "${listener.endpoint}"`);
  }

  /**
   * Makes libzmq close a listener (`zmq_unbind`) and all connections that the listener has accepted.
   *
   * @param endpoint The endpoint as bound.
   * @throws {ZmqError} When libzmq fails.
   */
  unbind(endpoint: string): void {
    if (this.#symbols.zmq_unbind(this.pointer, encodeText(endpoint)) < 0) {
      throw lastError(this.#symbols, `Cannot unbind "${endpoint}"`);
    }
  }

  /** The endpoint bound or connected last (`ZMQ_LAST_ENDPOINT`). */
  get lastEndpoint(): string {
    const text = new Uint8Array(1024);
    this.#valueSize[0] = BigInt(text.length);
    while (this.#symbols.zmq_getsockopt(this.pointer, Bytes.LAST_ENDPOINT, text, this.#valueSize) < 0) {
      if (!this.#isInterrupted()) throw lastError(this.#symbols, "Cannot read the last endpoint");
    }
    return new TextDecoder().decode(text.subarray(0, Number(this.#valueSize[0]) - 1));
  }

  /** Connects, in the background (`zmq_connect`). */
  connect(endpoint: string): void {
    this.#isSettled = false;
    while (this.#symbols.zmq_connect(this.pointer, encodeText(endpoint)) < 0) {
      if (!this.#isInterrupted()) throw lastError(this.#symbols, `Cannot connect to "${endpoint}"`);
    }
  }

  /** Whether the events of its monitor can name the peer. */
  get canNamePeers(): boolean {
    return this.#symbols.zmq_socket_monitor_versioned !== null;
  }

  /**
   * Makes libzmq report events of this socket. Use a {@linkcode Monitor}, which calls this.
   *
   * @param endpoint Where libzmq sends them: an `inproc://` endpoint that it binds.
   * @param events The events, a sum of {@linkcode MonitorEvent}'s values.
   * @param version The format of the events. Version 2, in libzmq's draft API, names the peer.
   * @throws {ZmqError} When libzmq fails.
   */
  startMonitor(endpoint: string, events: number, version: 1 | 2): void {
    const { zmq_socket_monitor, zmq_socket_monitor_versioned } = this.#symbols;
    const address = encodeText(endpoint);
    const start = () =>
      version === 1
        ? zmq_socket_monitor(this.pointer, address, events)
        : zmq_socket_monitor_versioned!(this.pointer, address, BigInt(events), version, SocketType.PAIR);
    while (start() < 0) {
      if (!this.#isInterrupted()) throw lastError(this.#symbols, "Cannot monitor a socket");
    }
    this.#isMonitored = true;
  }

  /**
   * Ends the reports that {@linkcode Socket.startMonitor} started. Does nothing if there are none, or after closing.
   */
  endMonitor(): void {
    if (!this.#isMonitored) return;
    this.#isMonitored = false;
    if (this.#symbols.zmq_socket_monitor(this.pointer, null, 0) < 0) {
      throw lastError(this.#symbols, "Cannot end the monitor of a socket");
    }
  }

  /**
   * Sends a message without waiting (`zmq_send`). The bytes are copied.
   *
   * @param frames At least one.
   * @returns Whether it was sent; `false` if it would have to wait for a peer.
   * @throws {ZmqError} When libzmq fails otherwise.
   */
  send(frames: ReadonlyArray<Uint8Array<ArrayBuffer>>): boolean {
    const last = frames.length - 1;
    this.#isSettled = false;
    for (let index = 0; index <= last; index++) {
      const frame = frames[index]!;
      const flags = index < last ? SNDMORE | DONTWAIT : DONTWAIT;
      const size = BigInt(frame.length);
      for (let repeats = 0; this.#symbols.zmq_send_bytes(this.pointer, frame, size, flags) < 0; repeats++) {
        const errno = this.#symbols.zmq_errno();
        if (errno === EAGAIN && index === 0) return false;
        if (!isCallToRepeat(errno, repeats)) throw lastError(this.#symbols, "Cannot send");
      }
    }
    // Before a REQ sends a request, it reads and drops everything that has arrived; afterwards, it receives only the
    // reply.
    this.#isSettled = this.#type === SocketType.REQ;
    return true;
  }

  /**
   * Receives a message without waiting (`zmq_msg_recv`).
   *
   * @returns Its frames, owned by the caller, or `undefined` when there is none.
   * @throws {ZmqError} When libzmq fails.
   */
  receive(): Uint8Array<ArrayBuffer>[] | undefined {
    const message = this.#message;
    this.#isSettled = false;
    this.#symbols.zmq_msg_init(message);
    const frames: Uint8Array<ArrayBuffer>[] = [];
    let repeats = 0;
    try {
      do {
        const size = this.#symbols.zmq_msg_recv(message, this.pointer, DONTWAIT);
        if (size < 0) {
          const errno = this.#symbols.zmq_errno();
          if (errno === EAGAIN) {
            this.#isSettled = true;
            return undefined;
          }
          if (!isCallToRepeat(errno, repeats++)) throw lastError(this.#symbols, "Cannot receive");
        } else {
          frames.push(this.#copyOf(message, size));
          repeats = 0;
        }
      } while (frames.length === 0 || this.#symbols.zmq_msg_more(message) !== 0);
    } finally {
      this.#symbols.zmq_msg_close(message);
    }
    return frames;
  }

  /**
   * Removes the files of its `ipc://` endpoints and closes the socket (`zmq_close`). libzmq keeps its unsent messages
   * for its linger.
   */
  close(): void {
    const handle = this.#handle;
    if (handle === null) return;
    // The monitor may be closed before libzmq has finished with this socket.
    this.endMonitor();
    this.#handle = null;
    unregisterHandle(this);
    // While the socket is open, no other file can have the inodes of these files.
    for (const file of this.#ipcFiles) file.remove();
    this.#symbols.zmq_close(handle);
  }

  /** As {@linkcode Socket.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #listen(path: string, backlog: number, action: string): IpcListener {
    const listener = listenIpc(this.#symbols, path, backlog, action);
    if (listener.file !== undefined) this.#ipcFiles.push(listener.file);
    return listener;
  }

  #adopt({ endpoint, fd }: IpcListener, action: string): void {
    this.#isSettled = false;
    this.setInt(IntOption.USE_FD, fd);
    try {
      this.#bind(endpoint, action);
    } catch (error) {
      this.#symbols.close(fd);
      throw error;
    } finally {
      this.setInt(IntOption.USE_FD, NO_FD);
    }
  }

  #bind(endpoint: string, action: string): void {
    while (this.#symbols.zmq_bind(this.pointer, encodeText(endpoint)) < 0) {
      if (!this.#isInterrupted()) throw lastError(this.#symbols, action);
    }
  }

  #copyOf(message: Deno.PointerObject, size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    if (size > 0) this.#symbols.memcpy_to_bytes(bytes, this.#symbols.zmq_msg_data(message), BigInt(size));
    return bytes;
  }

  /** Whether a signal interrupted the last call. Such a call has changed nothing and must be repeated. */
  #isInterrupted(): boolean {
    return this.#symbols.zmq_errno() === EINTR;
  }

  #set(option: number, value: ArrayBufferView<ArrayBuffer>): void {
    const result = this.#symbols.zmq_setsockopt(this.pointer, option, value, BigInt(value.byteLength));
    if (result < 0) throw lastError(this.#symbols, `Cannot set socket option ${option}`);
  }
}
