/**
 * Waiting for sockets on the JavaScript thread, which goes on meanwhile.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { SocketType } from "./constants.ts";
import type { Library } from "./library.ts";
import { AsyncPoll } from "./poll.ts";
import type { Context, Socket } from "./socket.ts";

/** The longest single native wait: one that is left behind keeps the process alive no longer. */
const MAX_POLL_MS = 60_000;

/** How many promises those who were waiting may go through before they wait again. */
const MAX_STEPS = 64;

/** How a waiter is to be. */
export interface WaiterOptions {
  /**
   * How long a wait may block the JavaScript thread before the thread goes on, in milliseconds: handing a wait to another
   * thread and back costs more than the rest of a short one.
   *
   * @default 0
   */
  readonly blockMs?: number;
}

/** Somebody who waits. */
interface Wait {
  readonly sockets: readonly Socket[];
  readonly deadlineMs: number;
  readonly end: () => void;
}

/**
 * Waits for sockets, any number of waits at once. Close it before its context.
 *
 * All waits share one native call. A descriptor says only that its socket may have changed, and any call on the socket may
 * take that word away: so nobody else uses a socket while there is a wait for it.
 */
export class Waiter implements AsyncDisposable {
  readonly #poll: AsyncPoll;
  readonly #blockMs: number;
  readonly #sender: Socket;
  readonly #receiver: Socket;
  readonly #waits = new Set<Wait>();
  #loop: Promise<void> | undefined;
  #isPolling = false;

  /**
   * @param library libzmq.
   * @param context The context for the sockets by which the native call is ended early.
   * @param options How it is to be.
   */
  constructor(library: Library, context: Context, options: WaiterOptions = {}) {
    this.#poll = new AsyncPoll(library);
    this.#blockMs = options.blockMs ?? 0;
    // A socket that is left open would keep its context from ending, and the caller from hearing of the error.
    using opened = new DisposableStack();
    this.#receiver = opened.use(context.socket(SocketType.PAIR, 0));
    this.#sender = opened.use(context.socket(SocketType.PAIR, 0));
    this.#sender.connect(this.#receiver.bind(`inproc://waiter-${crypto.randomUUID()}`));
    opened.move();
  }

  /**
   * Waits until one of the sockets is readable, the time is over, or the signal is aborted.
   *
   * @param sockets Sockets of the JavaScript thread, in no other wait, and not to be used until this one has ended.
   * @param timeoutMs The time in milliseconds; -1: without end.
   * @param signal Ends the wait early.
   */
  async wait(sockets: readonly Socket[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || sockets.some((socket) => socket.readable)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wait: Wait = {
      sockets,
      deadlineMs: timeoutMs < 0 ? Infinity : performance.now() + timeoutMs,
      end: () => {
        if (!this.#waits.delete(wait)) return;
        signal?.removeEventListener("abort", wait.end);
        resolve();
      },
    };
    signal?.addEventListener("abort", wait.end);
    this.#waits.add(wait);
    if (this.#isPolling) this.#wake();
    else this.#loop ??= this.#run();
    await promise;
  }

  /** Ends all waits. */
  endWaits(): void {
    for (const wait of this.#waits) wait.end();
    if (this.#isPolling) this.#wake();
  }

  /** Ends all waits, and closes its own sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.endWaits();
    await this.#loop;
    this.#sender.close();
    this.#receiver.close();
  }

  #wake(): void {
    // One word is enough until it is read.
    this.#isPolling = false;
    this.#sender.send([new Uint8Array([1])]);
  }

  async #run(): Promise<void> {
    // Those who begin to wait at the same time share the first call.
    await Promise.resolve();
    let turnMs = performance.now();
    while (this.#waits.size > 0) {
      const count = this.#waits.size;
      await this.#pollOnce();
      // Those who were waiting go on, and most of them soon wait again: they share the next call. Where the thread may be
      // blocked, everything else has its turn as seldom, since a turn costs as much as a wait.
      const now = performance.now();
      if (now - turnMs < this.#blockMs) {
        for (let step = 0; step < MAX_STEPS && this.#waits.size < count; step++) await undefined;
      } else {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnMs = now;
      }
    }
    this.#loop = undefined;
  }

  async #pollOnce(): Promise<void> {
    const waits = [...this.#waits];
    const fds = [this.#receiver.fd];
    let deadlineMs = Infinity;
    for (const wait of waits) {
      for (const socket of wait.sockets) fds.push(socket.fd);
      deadlineMs = Math.min(deadlineMs, wait.deadlineMs);
    }
    const timeoutMs = Math.max(0, Math.min(deadlineMs - performance.now(), MAX_POLL_MS));
    if (this.#blockMs === 0 || !this.#poll.block(fds, Math.min(timeoutMs, this.#blockMs))) {
      this.#isPolling = true;
      await this.#poll.wait(fds, timeoutMs);
      this.#isPolling = false;
    }
    if (this.#poll.readable(0)) { while (this.#receiver.receive() !== undefined); }
    const now = performance.now();
    let index = 1;
    for (const wait of waits) {
      const hasNews = wait.sockets.map(() => this.#poll.readable(index++));
      // Who has stopped waiting may use the sockets, or have closed them.
      if (!this.#waits.has(wait)) continue;
      const isReadable = wait.sockets.some((socket, i) => hasNews[i] && socket.readable);
      if (isReadable || now >= wait.deadlineMs) wait.end();
    }
  }
}
