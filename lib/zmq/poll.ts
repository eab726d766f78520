/**
 * Waiting for sockets (`zmq_poll`): on a thread that may block, and on one that must not.
 *
 * @module
 */

import { POLLIN } from "./constants.ts";
import { errnoName, lastError } from "./error.ts";
import type { Library, Symbols } from "./library.ts";
import type { Socket } from "./socket.ts";

/** `sizeof(zmq_pollitem_t)` on 64-bit Unix: socket 8, fd 4, events 2, revents 2. */
const POLL_ITEM_SIZE = 16;

/** Waits for messages on sockets, blocking its thread. */
export class BlockingPoll {
  readonly #symbols: Symbols;
  readonly #items: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  /**
   * @param library libzmq.
   * @param sockets The sockets; their positions are the numbers that the methods take.
   */
  constructor(library: Library, sockets: readonly Socket[]) {
    this.#symbols = library.symbols;
    this.#items = new Uint8Array(sockets.length * POLL_ITEM_SIZE);
    this.#view = new DataView(this.#items.buffer);
    for (const [index, socket] of sockets.entries()) {
      this.#view.setBigUint64(index * POLL_ITEM_SIZE, Deno.UnsafePointer.value(socket.pointer), true);
      this.watch(index, true);
    }
  }

  /** Whether the wait ends for a message on this socket. */
  watch(index: number, watched: boolean): void {
    this.#view.setInt16(index * POLL_ITEM_SIZE + 12, watched ? POLLIN : 0, true);
  }

  /**
   * Waits.
   *
   * @param timeoutMs At most this long, 0 not at all, -1 without end.
   * @throws {ZmqError} When libzmq fails.
   */
  wait(timeoutMs: number): void {
    const count = this.#items.length / POLL_ITEM_SIZE;
    if (this.#symbols.zmq_poll(this.#items, count, BigInt(timeoutMs)) >= 0) return;
    if (errnoName(this.#symbols.zmq_errno()) === "EINTR") {
      for (let index = 0; index < count; index++) this.#view.setInt16(index * POLL_ITEM_SIZE + 14, 0, true);
      return;
    }
    throw lastError(this.#symbols, "Cannot wait for sockets");
  }

  /** Whether the last wait found a message on this socket. */
  readable(index: number): boolean {
    return this.#view.getInt16(index * POLL_ITEM_SIZE + 14, true) !== 0;
  }
}

/**
 * Waits for descriptors on another thread, so that the JavaScript thread goes on.
 *
 * @param library libzmq.
 * @param fds Descriptors ({@linkcode Socket.fd}), never sockets: those belong to the JavaScript thread.
 * @param timeoutMs At most this long; a wait keeps the process alive, so it is never without end.
 */
export async function waitForDescriptors(library: Library, fds: readonly number[], timeoutMs: number): Promise<void> {
  const items = new Uint8Array(fds.length * POLL_ITEM_SIZE);
  const view = new DataView(items.buffer);
  for (const [index, fd] of fds.entries()) {
    view.setInt32(index * POLL_ITEM_SIZE + 8, fd, true);
    view.setInt16(index * POLL_ITEM_SIZE + 12, POLLIN, true);
  }
  // The result is of no use: what is ready is asked of the sockets, and errno would be another thread's.
  await library.symbols.zmq_poll_async(items, fds.length, BigInt(Math.ceil(timeoutMs)));
  // The native call writes into `items` until here; this use holds it.
  void view.byteLength;
}
