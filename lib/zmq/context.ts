/**
 * libzmq's contexts.
 *
 * @module
 */

import { ContextOption, IntOption, type SocketType } from "./constants.ts";
import { countFreeDescriptors } from "./descriptors.ts";
import { errnoNumber, lastError, tooFewDescriptors } from "./error.ts";
import { registerHandle, unregisterHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { Socket } from "./socket.ts";
import type { Symbols } from "./symbols.ts";

const EINTR = errnoNumber("EINTR");
/** Descriptors for a context with one I/O thread and its first sockets, with a margin. */
const CONTEXT_DESCRIPTORS = 16;
/** Descriptors of each further I/O thread: one to wait on, and one to wake it. */
const THREAD_DESCRIPTORS = 2;

/** A libzmq context: its I/O threads (by default one), and the sockets that they serve. Close its sockets first. */
export class Context implements Disposable {
  readonly #symbols: Symbols;
  #handle: Deno.PointerObject | null;
  readonly #owned: boolean;

  private constructor(symbols: Symbols, handle: Deno.PointerObject, owned: boolean) {
    this.#symbols = symbols;
    this.#handle = handle;
    this.#owned = owned;
    if (owned) registerHandle(this);
  }

  /**
   * Makes a context (`zmq_ctx_new`).
   *
   * @param library libzmq.
   * @param options Options and their values, for `zmq_ctx_set`.
   * @returns The context; close it after its sockets.
   * @throws {ZmqError} When libzmq fails, or this process has too few descriptors left.
   */
  static open(library: Library, options: ReadonlyArray<readonly [ContextOption, number]> = []): Context {
    const { symbols } = library;
    const action = "Cannot make a libzmq context";
    const threads = options.findLast(([option]) => option === ContextOption.IO_THREADS)?.[1] ?? 1;
    const needed = CONTEXT_DESCRIPTORS + (threads - 1) * THREAD_DESCRIPTORS;
    // libzmq aborts the process if no descriptors are left.
    if (countFreeDescriptors(symbols, needed) < needed) throw tooFewDescriptors(action);
    const handle = symbols.zmq_ctx_new();
    if (handle === null) throw lastError(symbols, action);
    for (const [option, value] of options) {
      if (symbols.zmq_ctx_set(handle, option, value) < 0) {
        const error = lastError(symbols, `Cannot set libzmq's context option ${option} to ${value}`);
        symbols.zmq_ctx_term(handle);
        throw error;
      }
    }
    return new Context(symbols, handle, true);
  }

  /**
   * Uses a context that another thread opened and will close.
   *
   * @param library libzmq, loaded on this thread.
   * @param address {@linkcode Context.address} of the other thread.
   * @returns The context; closing it does nothing.
   */
  static borrow(library: Library, address: bigint): Context {
    const handle = Deno.UnsafePointer.create(address);
    if (handle === null) throw new TypeError("Cannot borrow a libzmq context: its address is 0");
    return new Context(library.symbols, handle, false);
  }

  /** Its address, for {@linkcode Context.borrow} on another thread. */
  get address(): bigint {
    return Deno.UnsafePointer.value(this.#open());
  }

  /**
   * Makes a socket (`zmq_socket`).
   *
   * @param type One of {@linkcode SocketType}.
   * @param lingerMs How long closing the context waits for unsent messages (`ZMQ_LINGER`), in milliseconds; -1: no
   * limit.
   * @returns The socket; close it before the context.
   * @throws {ZmqError} When libzmq fails.
   */
  socket(type: SocketType, lingerMs: number): Socket {
    const handle = this.#symbols.zmq_socket(this.#open(), type);
    if (handle === null) throw lastError(this.#symbols, "Cannot make a libzmq socket");
    const socket = new Socket(this.#symbols, handle, type);
    socket.setInt(IntOption.LINGER, lingerMs);
    return socket;
  }

  /**
   * Ends the context (`zmq_ctx_term`). Waits until its sockets are closed and until their messages have been sent, but
   * no longer than their linger.
   */
  close(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    unregisterHandle(this);
    if (!this.#owned) return;
    // Repeated when a signal interrupts the wait.
    while (this.#symbols.zmq_ctx_term(handle) < 0 && this.#symbols.zmq_errno() === EINTR);
  }

  /** As {@linkcode Context.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #open(): Deno.PointerObject {
    if (this.#handle === null) throw new Error("Cannot use a libzmq context after it was closed");
    return this.#handle;
  }
}
