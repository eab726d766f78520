/**
 * Waits for sockets without blocking the JavaScript thread.
 *
 * @module
 */

import { nextTick } from "node:process";
import { setImmediate } from "node:timers";
import { type Linked, LinkedList } from "../linked_list.ts";
import { AbortListeners } from "./abort_listeners.ts";
import { SocketType } from "./constants.ts";
import type { Context } from "./context.ts";
import type { Library } from "./library.ts";
import { AsyncPoll } from "./poll.ts";
import type { Socket } from "./socket.ts";

/** The longest single native wait, in milliseconds. An abandoned wait keeps the process alive for at most this long. */
const MAX_POLL_MS = 60_000;

/**
 * How many promises a client typically awaits before it waits again. Counting to this number is less work than finding
 * out when all are done.
 */
const FEW_STEPS = 8;

/** Awaiting this lets everybody continue whose promise was resolved before. */
const NEXT_STEP = Promise.resolve();

/** Options of a {@linkcode Waiter}. */
export interface WaiterOptions {
  /**
   * How long a wait may block the JavaScript thread, in milliseconds, before it moves to another thread. Moving it costs more
   * than a short wait.
   *
   * @default 0
   */
  readonly blockMs?: number;
}

/** Something that a thread can wait for, such as a {@linkcode Socket} or a {@linkcode Monitor}. */
export type Waitable = Pick<Socket, "fd" | "readable" | "isSettled">;

/** A wait that {@linkcode Waiter.watch} has started, for {@linkcode Waiter.cancel}. */
export interface Watch {
  /** Called once, when the wait has ended. */
  onOver: () => void;
}

/** A wait. */
interface Wait extends Linked<Wait>, Watch {
  readonly sockets: readonly Waitable[];
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** The index of its first descriptor in the native call; -1 if the wait began after that call. */
  firstIndex: number;
}

/**
 * Waits for sockets, with any number of concurrent waits. Close it before its context.
 *
 * All waits share one native call. A descriptor only shows that its socket may have changed, and any call on the socket
 * may reset it. So do not use a socket while there is a wait for it.
 */
export class Waiter implements AsyncDisposable {
  readonly #poll: AsyncPoll;
  readonly #blockMs: number;
  readonly #sender: Socket;
  readonly #receiver: Socket;
  readonly #waits = new LinkedList<Wait>();
  /** Waits that are over but whose callbacks are yet to be called. The callbacks may begin or abort other waits. */
  readonly #over = new LinkedList<Wait>();
  readonly #signals = new AbortListeners((signal) => this.#endAborted(signal));
  #loop: Promise<void> | undefined;
  #isPolling = false;

  /**
   * @param library libzmq.
   * @param context The context for the two sockets that are used to end the native call early.
   * @param options Options.
   */
  constructor(library: Library, context: Context, options: WaiterOptions = {}) {
    this.#poll = new AsyncPoll(library);
    this.#blockMs = options.blockMs ?? 0;
    // A socket left open would keep its context from ending, and so the caller from receiving the error.
    using opened = new DisposableStack();
    this.#receiver = opened.use(context.socket(SocketType.PAIR, 0));
    this.#sender = opened.use(context.socket(SocketType.PAIR, 0));
    this.#sender.connect(this.#receiver.bind(`inproc://waiter-${crypto.randomUUID()}`));
    opened.move();
  }

  /**
   * Waits until one of the sockets is readable, the time is over, or the signal is aborted.
   *
   * @param sockets Sockets of the JavaScript thread that are in no other wait. Do not use them until this wait has
   * ended.
   * @param timeoutMs The time in milliseconds; -1 for no limit.
   * @param signal Abort it to end the wait early.
   */
  wait(sockets: readonly Waitable[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadlineMs = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    return new Promise((resolve) => this.watch(sockets, deadlineMs, signal, resolve));
  }

  /**
   * Like {@linkcode Waiter.wait}, but with a callback, which is less work than a promise.
   *
   * @param sockets As for {@linkcode Waiter.wait}.
   * @param deadlineMs When the time is over, by `performance.now()`.
   * @param signal Abort it to end the wait early.
   * @param onOver Called once when the wait has ended, but never during this call. It must not throw.
   * @returns The wait, for {@linkcode Waiter.cancel}.
   */
  watch(
    sockets: readonly Waitable[],
    deadlineMs: number,
    signal: AbortSignal | undefined,
    onOver: () => void,
  ): Watch {
    const wait: Wait = {
      sockets,
      deadlineMs,
      signal,
      onOver,
      firstIndex: -1,
      list: null,
      previous: null,
      next: null,
    };
    if (signal?.aborted || isAnyReadable(sockets)) {
      queueMicrotask(() => wait.onOver());
      return wait;
    }
    this.#waits.append(wait);
    if (signal !== undefined) this.#signals.add(signal);
    if (this.#isPolling) this.#wake();
    else this.#loop ??= this.#run();
    return wait;
  }

  /**
   * Ends a wait without calling its callback; does nothing if that was called already. The native call continues for at
   * most a minute, unless somebody waits again.
   *
   * @param watch The wait that {@linkcode Waiter.watch} returned.
   */
  cancel(watch: Watch): void {
    const wait = watch as Wait;
    wait.onOver = doNothing;
    if (wait.list === this.#waits) this.#remove(wait);
  }

  /** Ends all waits. */
  endWaits(): void {
    this.#end(() => true);
    if (this.#isPolling) this.#wake();
  }

  /** Ends all waits, and closes the waiter's own sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.endWaits();
    await this.#loop;
    this.#signals[Symbol.dispose]();
    this.#sender.close();
    this.#receiver.close();
  }

  #wake(): void {
    // One message is enough until it has been read.
    this.#isPolling = false;
    this.#sender.send([new Uint8Array([1])]);
  }

  #endAborted(signal: AbortSignal): void {
    this.#end((wait) => wait.signal === signal);
  }

  #end(isOver: (wait: Wait) => boolean): void {
    let wait = this.#waits.first;
    while (wait !== null) {
      const { next }: Wait = wait;
      if (isOver(wait)) {
        this.#remove(wait);
        this.#over.append(wait);
      }
      wait = next;
    }
    for (let over = this.#over.take(); over !== null; over = this.#over.take()) over.onOver();
  }

  #remove(wait: Wait): void {
    this.#waits.remove(wait);
    if (wait.signal !== undefined) this.#signals.delete(wait.signal);
  }

  async #run(): Promise<void> {
    // Waits that begin at the same time share the first call.
    await NEXT_STEP;
    let turnMs = performance.now();
    while (this.#waits.size > 0) {
      const count = this.#waits.size;
      const timeoutMs = this.#prepare();
      const blockedMs = Math.min(timeoutMs, this.#blockMs);
      const isOver = this.#blockMs > 0 && (this.#poll.block(blockedMs) || blockedMs === timeoutMs);
      if (!isOver) {
        const wakeIndex = this.#poll.add(this.#receiver.fd);
        this.#isPolling = true;
        await this.#poll.wait(timeoutMs - blockedMs);
        this.#isPolling = false;
        if (this.#poll.readable(wakeIndex)) { while (this.#receiver.receive() !== undefined); }
      }
      const now = performance.now();
      this.#end((wait) => this.#hasNews(wait) || now >= wait.deadlineMs);
      // The code that was waiting continues here, and most of it soon waits again and shares the next call. If waits
      // may block the thread, everything but promises runs once per `blockMs`, since letting it run costs as much as a
      // wait; otherwise it runs during the next call.
      let steps = 0;
      do await NEXT_STEP; while (++steps < FEW_STEPS && this.#waits.size < count);
      if (this.#blockMs > 0 ? now - turnMs >= this.#blockMs : this.#waits.size < count) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnMs = now;
      } else if (this.#waits.size < count) {
        await new Promise<void>((resolve) => nextTick(resolve));
      }
    }
    this.#loop = undefined;
  }

  /** Prepares a native call for all waits. Returns its timeout in milliseconds. */
  #prepare(): number {
    this.#poll.clear();
    let deadlineMs = Infinity;
    let index = 0;
    for (let wait = this.#waits.first; wait !== null; wait = wait.next) {
      wait.firstIndex = index;
      for (const socket of wait.sockets) index = this.#poll.add(socket.fd) + 1;
      if (wait.deadlineMs < deadlineMs) deadlineMs = wait.deadlineMs;
    }
    return Math.max(0, Math.min(deadlineMs - performance.now(), MAX_POLL_MS));
  }

  /**
   * Whether the native call has found a message for a wait. Checks every socket whose descriptor is readable, since the
   * caller then relies on each socket's {@linkcode Socket.isSettled}.
   */
  #hasNews({ sockets, firstIndex }: Wait): boolean {
    if (firstIndex < 0) return false;
    let hasNews = false;
    for (let index = 0; index < sockets.length; index++) {
      if (this.#poll.readable(firstIndex + index) && sockets[index]!.readable) hasNews = true;
    }
    return hasNews;
  }
}

function doNothing(): void {}

function isAnyReadable(sockets: readonly Waitable[]): boolean {
  for (const socket of sockets) if (!socket.isSettled && socket.readable) return true;
  return false;
}
