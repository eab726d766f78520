/**
 * Finds out when libzmq's I/O threads have finished their current work, by sending a message through each of them and back.
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
    // A socket left open would keep the context from ending, and so the error from reaching the caller.
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

  /** `ZMQ_FD` of each socket that receives an echo. */
  get fds(): number[] {
    return this.#echoes.map(({ receiver }) => receiver.fd);
  }

  /** Whether no echo is in progress. */
  get isBack(): boolean {
    return this.#echoes.every(({ isBack }) => isBack);
  }

  /** Sends a message through each thread. Call it only when no echo is in progress. */
  send(): void {
    for (const echo of this.#echoes) {
      echo.isBack = false;
      echo.sender.send(MESSAGE);
    }
  }

  /**
   * Reads what has come back.
   *
   * @returns Like {@linkcode IoEcho.isBack}; `true` means that each thread has finished what it was doing when the echoes
   * were sent.
   */
  read(): boolean {
    // Reads until nothing is left: the descriptors signal only what arrives after a socket was found empty.
    for (const echo of this.#echoes) while (echo.receiver.receive() !== undefined) echo.isBack = true;
    return this.isBack;
  }

  /** Closes the sockets. */
  [Symbol.dispose](): void {
    this.#opened.dispose();
  }
}

/** An endpoint to bind to which nobody else can connect: a PAIR accepts the first peer. */
function privateEndpoint(socket: Socket): string {
  // A file in a folder of its own.
  if (IS_DARWIN) return "ipc://*";
  // An abstract socket needs no writable folder, but has no file mode to protect it, hence the filter by process.
  socket.setInt(IntOption.IPC_FILTER_PID, Deno.pid);
  return `ipc://@spqueue-${crypto.randomUUID()}`;
}
