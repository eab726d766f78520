/**
 * Finds out when libzmq's I/O threads have finished what they are at: a message goes through each of them and comes back.
 *
 * @module
 */

import { Int64Option, IntOption, SocketType } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import type { Socket } from "../../zmq/socket.ts";

const IS_DARWIN = Deno.build.os === "darwin";
const MESSAGE = [new Uint8Array()];

/** A message that goes through one I/O thread and comes back. */
interface Echo {
  readonly sender: Socket;
  readonly receiver: Socket;
  isBack: boolean;
}

/** The echoes of a context's I/O threads. */
export class IoEcho implements Disposable {
  readonly #opened: DisposableStack;
  readonly #echoes: readonly Echo[];

  /**
   * Opens two connected sockets for each I/O thread.
   *
   * @param context The context.
   * @param threads How many I/O threads it has.
   * @throws {ZmqError} When libzmq fails.
   */
  constructor(context: Context, threads: number) {
    // A socket that is left open would keep its context from ending, and the caller from receiving the error.
    using opened = new DisposableStack();
    const open = (thread: number) => {
      const socket = opened.use(context.socket(SocketType.PAIR, 0));
      socket.setInt64(Int64Option.AFFINITY, 2 ** thread);
      return socket;
    };
    this.#echoes = Array.from({ length: threads }, (_, thread) => {
      const [sender, receiver] = [open(thread), open(thread)];
      sender.connect(receiver.bind(privateEndpoint(receiver), "I/O thread's echo"));
      return { sender, receiver, isBack: true };
    });
    this.#opened = opened.move();
  }

  /** `ZMQ_FD` of each socket that an echo comes back to. */
  get fds(): number[] {
    return this.#echoes.map(({ receiver }) => receiver.fd);
  }

  /** Whether no echo is under way. */
  get isBack(): boolean {
    return this.#echoes.every(({ isBack }) => isBack);
  }

  /** Sends a message through each thread; call it when none is under way. */
  send(): void {
    for (const echo of this.#echoes) {
      echo.isBack = false;
      echo.sender.send(MESSAGE);
    }
  }

  /**
   * Reads what has come back.
   *
   * @returns As {@linkcode IoEcho.isBack}; `true` says that each thread has finished what it was at when the echoes were sent.
   */
  read(): boolean {
    // Until nothing is left, since the descriptors tell only what comes to a socket that was found empty.
    for (const echo of this.#echoes) while (echo.receiver.receive() !== undefined) echo.isBack = true;
    return this.isBack;
  }

  /** Closes the sockets. */
  [Symbol.dispose](): void {
    this.#opened.dispose();
  }
}

/** An endpoint for a socket to bind to which nobody else can connect: a PAIR takes the first that comes. */
function privateEndpoint(socket: Socket): string {
  // A file in a folder of its own.
  if (IS_DARWIN) return "ipc://*";
  // An abstract socket needs no folder that can be written to, but has no mode.
  socket.setInt(IntOption.IPC_FILTER_PID, Deno.pid);
  return `ipc://@spqueue-${crypto.randomUUID()}`;
}
