/**
 * Waiting for sockets on the JavaScript thread, which goes on meanwhile.
 *
 * @module
 */

import { nextTick } from "node:process";
import { setImmediate } from "node:timers";
import { AbortListeners } from "./abort_listeners.ts";
import { SocketType } from "./constants.ts";
import type { Library } from "./library.ts";
import { AsyncPoll } from "./poll.ts";
import type { Context, Socket } from "./socket.ts";

/** The longest single native wait: one that is left behind keeps the process alive no longer. */
const MAX_POLL_MS = 60_000;

/** Through how many promises a client goes until it waits again: less work than to ask when all promises have had their turn. */
const FEW_STEPS = 8;

/** What a wait that is over at once returns. */
const OVER = Promise.resolve();

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
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
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
  /** The waits that the native call is for; who has stopped waiting meanwhile is here still. */
  readonly #polled: Wait[] = [];
  readonly #signals = new AbortListeners((signal) => this.#endAborted(signal));
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
  wait(sockets: readonly Socket[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || isAnyReadable(sockets)) return OVER;
    const deadlineMs = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    return new Promise((resolve) => {
      this.#waits.add({ sockets, deadlineMs, signal, resolve });
      if (signal !== undefined) this.#signals.add(signal);
      if (this.#isPolling) this.#wake();
      else this.#loop ??= this.#run();
    });
  }

  /** Ends all waits. */
  endWaits(): void {
    for (const wait of this.#waits) this.#end(wait);
    if (this.#isPolling) this.#wake();
  }

  /** Ends all waits, and closes its own sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.endWaits();
    await this.#loop;
    this.#signals[Symbol.dispose]();
    this.#sender.close();
    this.#receiver.close();
  }

  #wake(): void {
    // One word is enough until it is read.
    this.#isPolling = false;
    this.#sender.send([new Uint8Array([1])]);
  }

  #end(wait: Wait): void {
    if (!this.#waits.delete(wait)) return;
    if (wait.signal !== undefined) this.#signals.delete(wait.signal);
    wait.resolve();
  }

  #endAborted(signal: AbortSignal): void {
    for (const wait of this.#waits) if (wait.signal === signal) this.#end(wait);
  }

  async #run(): Promise<void> {
    // Those who begin to wait at the same time share the first call.
    await OVER;
    let turnMs = performance.now();
    while (this.#waits.size > 0) {
      const count = this.#waits.size;
      const timeoutMs = this.#prepare();
      if (this.#blockMs === 0 || !this.#poll.block(Math.min(timeoutMs, this.#blockMs))) {
        const wakeIndex = this.#poll.add(this.#receiver.fd);
        this.#isPolling = true;
        await this.#poll.wait(timeoutMs);
        this.#isPolling = false;
        if (this.#poll.readable(wakeIndex)) { while (this.#receiver.receive() !== undefined); }
      }
      const now = performance.now();
      this.#endPolled(now);
      // Those who were waiting go on, and most of them soon wait again: they share the next call. Where the thread may be
      // blocked, only promises have their turn before that, and everything else as seldom: it costs as much as a wait.
      if (now - turnMs < this.#blockMs) {
        for (let step = 0; step < FEW_STEPS && this.#waits.size < count; step++) await OVER;
        if (this.#waits.size < count) await new Promise<void>((resolve) => nextTick(resolve));
      } else {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnMs = now;
      }
    }
    this.#loop = undefined;
  }

  /** Prepares a native call for all waits; returns the milliseconds that it may take. */
  #prepare(): number {
    this.#poll.clear();
    this.#polled.length = 0;
    let deadlineMs = Infinity;
    for (const wait of this.#waits) {
      this.#polled.push(wait);
      for (const socket of wait.sockets) this.#poll.add(socket.fd);
      if (wait.deadlineMs < deadlineMs) deadlineMs = wait.deadlineMs;
    }
    return Math.max(0, Math.min(deadlineMs - performance.now(), MAX_POLL_MS));
  }

  /** Ends the waits for which the native call has news, or whose time is over. */
  #endPolled(now: number): void {
    let index = 0;
    for (const wait of this.#polled) {
      // Who has stopped waiting may use the sockets, or have closed them.
      const isWaiting = this.#waits.has(wait);
      let isOver = now >= wait.deadlineMs;
      for (const socket of wait.sockets) {
        if (this.#poll.readable(index++) && isWaiting && socket.readable) isOver = true;
      }
      if (isOver) this.#end(wait);
    }
  }
}

function isAnyReadable(sockets: readonly Socket[]): boolean {
  for (const socket of sockets) if (!socket.isSettled && socket.readable) return true;
  return false;
}
