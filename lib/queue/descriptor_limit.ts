/**
 * Watches for the limit of file descriptors, at which libzmq can accept nobody and does not say so.
 *
 * @module
 */

import type { EventLog } from "../log.ts";
import { SocketType } from "../zmq/constants.ts";
import { ZmqError } from "../zmq/error.ts";
import type { Context } from "../zmq/context.ts";
import type { Socket } from "../zmq/socket.ts";

const INTERVAL_MS = 1000;
/** The process, or the whole system, has no descriptor left. */
const AT_LIMIT: readonly string[] = ["EMFILE", "ENFILE"];

/** What the watch needs of a context. */
export interface SocketSource {
  /** As {@linkcode Context.socket}. */
  socket(...args: Parameters<Context["socket"]>): Pick<Socket, "close">;
}

/** Says once when the process has no file descriptor left, and once when it has some again. */
export class DescriptorWatch implements Disposable {
  readonly #context: SocketSource;
  readonly #log: EventLog;
  readonly #timer: ReturnType<typeof setInterval>;
  #isAtLimit = false;

  /**
   * Begins to watch.
   *
   * @param context Where a socket can be made, which takes a descriptor as a connection does.
   * @param log Is told.
   */
  constructor(context: SocketSource, log: EventLog) {
    this.#context = context;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** Ends the watch; the context must be open until then. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const isAtLimit = !this.#canOpen();
    if (isAtLimit === this.#isAtLimit) return;
    this.#isAtLimit = isAtLimit;
    if (isAtLimit) {
      this.#log.warning("descriptor limit reached", {
        effect: "nobody else can connect",
        remedy: "raise ulimit -n, or fs.file-max where the whole system is at its limit",
      });
    } else {
      this.#log.info("descriptor limit left");
    }
  }

  #canOpen(): boolean {
    try {
      this.#context.socket(SocketType.PAIR, 0).close();
      return true;
    } catch (error) {
      if (!(error instanceof ZmqError)) throw error;
      // Not ETERM: the relay is ending its context, which has nothing to do with descriptors.
      return !AT_LIMIT.includes(error.code);
    }
  }
}
