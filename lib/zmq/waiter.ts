/**
 * Waiting for sockets on the JavaScript thread, which goes on meanwhile.
 *
 * @module
 */

import { SocketType } from "./constants.ts";
import type { Library } from "./library.ts";
import { waitForDescriptors } from "./poll.ts";
import type { Context, Socket } from "./socket.ts";

/** The longest single native wait: one that is left behind keeps the process alive no longer. */
const MAX_WAIT_MS = 60_000;

/** Waits for sockets; one wait at a time. Close it before its context. */
export class Waiter implements Disposable {
  readonly #library: Library;
  readonly #sender: Socket;
  readonly #receiver: Socket;

  /**
   * @param library libzmq.
   * @param context The context for the sockets by which a wait is ended early.
   */
  constructor(library: Library, context: Context) {
    this.#library = library;
    this.#receiver = context.socket(SocketType.PAIR, 0);
    this.#sender = context.socket(SocketType.PAIR, 0);
    this.#sender.connect(this.#receiver.bind(`inproc://waiter-${crypto.randomUUID()}`));
  }

  /**
   * Waits until one of the sockets is readable, {@linkcode Waiter.wake} is called, or the time is over.
   *
   * @param sockets Sockets of the JavaScript thread, not to be closed meanwhile.
   * @param timeoutMs The time; -1: without end.
   */
  async wait(sockets: readonly Socket[], timeoutMs: number): Promise<void> {
    const deadline = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    const fds = [this.#receiver, ...sockets].map((socket) => socket.fd);
    while (!sockets.some((socket) => socket.readable)) {
      if (this.#receiver.receive() !== undefined) return;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return;
      await waitForDescriptors(this.#library, fds, Math.min(leftMs, MAX_WAIT_MS));
    }
  }

  /** Ends the current wait, or the next one if there is none. */
  wake(): void {
    this.#sender.send([new Uint8Array([1])]);
  }

  /** Closes its own sockets; no wait may be under way. */
  [Symbol.dispose](): void {
    this.#sender.close();
    this.#receiver.close();
  }
}
