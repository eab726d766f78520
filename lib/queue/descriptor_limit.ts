/**
 * Logs when the limit of file descriptors is reached and nobody else can connect. libzmq does not report this for `tcp://`;
 * for `ipc://` the relay keeps new peers away before the limit (`relay/ipc_gate.ts`).
 *
 * @module
 */

import type { EventLog } from "../log.ts";
import type { GateState } from "./relay/ipc_gate.ts";
import { SocketType } from "../zmq/constants.ts";
import type { Context } from "../zmq/context.ts";
import { ZmqError } from "../zmq/error.ts";
import type { Socket } from "../zmq/socket.ts";

const INTERVAL_MS = 1000;
/** The process, or the whole system, has no descriptors left. */
const AT_LIMIT: readonly string[] = ["EMFILE", "ENFILE"];

/** What the watch needs of a context. */
export interface SocketSource {
  /** Like {@linkcode Context.socket}. */
  socket(...args: Parameters<Context["socket"]>): Pick<Socket, "close">;
}

/** Logs once when nobody else can connect for lack of descriptors, and once when there are enough again. */
export class DescriptorWatch implements Disposable {
  readonly #context: SocketSource;
  readonly #log: EventLog;
  readonly #timer: ReturnType<typeof setInterval>;
  #canOpen = true;
  #gate: GateState = "open";
  /** Whether the gate was closed at any time since the last check. */
  #wasClosed = false;
  #isAtLimit = false;

  /**
   * Starts watching.
   *
   * @param context Makes sockets, as a test: a socket takes a descriptor, as a connection does.
   * @param log Receives the events.
   */
  constructor(context: SocketSource, log: EventLog) {
    this.#context = context;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** The gate of the `ipc://` endpoints has opened or closed. */
  setGate(state: GateState): void {
    this.#gate = state;
    if (state === "closed") this.#wasClosed = true;
  }

  /** Stops watching. The context must be open until then. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#canOpen = this.#openSocket();
    const isAtLimit = !this.#canOpen || this.#gate === "closed" || this.#wasClosed;
    this.#wasClosed = false;
    if (isAtLimit === this.#isAtLimit) return;
    this.#isAtLimit = isAtLimit;
    if (isAtLimit) {
      this.#log.warning("descriptor limit reached", {
        effect: this.#canOpen ? "nobody else can connect to ipc:// endpoints" : "nobody else can connect",
        remedy: "raise ulimit -n, or fs.file-max where the whole system is at its limit",
      });
    } else {
      this.#log.info("descriptor limit left");
    }
  }

  #openSocket(): boolean {
    try {
      this.#context.socket(SocketType.PAIR, 0).close();
      return true;
    } catch (error) {
      if (!(error instanceof ZmqError)) throw error;
      // ETERM means only that the relay is ending its context.
      return !AT_LIMIT.includes(error.code);
    }
  }
}
