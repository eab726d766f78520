/**
 * Two connected libzmq sockets.
 *
 * @module
 */

import { BytesOption, type SocketType } from "../../lib/zmq/constants.ts";
import { Context } from "../../lib/zmq/context.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import type { Socket } from "../../lib/zmq/socket.ts";
import { toBytes } from "./peers.ts";

/** Two sockets that are connected over inproc, in their own context. */
export class SocketPair implements Disposable {
  /** Their context. */
  readonly context: Context;
  /** The one that is bound. */
  readonly bound: Socket;
  /** The one that is connected. */
  readonly connected: Socket;

  private constructor(context: Context, boundType: SocketType, connectedType: SocketType, identity: string) {
    this.context = context;
    this.bound = context.socket(boundType, 0);
    this.connected = context.socket(connectedType, 0);
    if (identity !== "") this.connected.setBytes(BytesOption.ROUTING_ID, toBytes(identity));
    // Without I/O threads in between, a sent message can be received at once.
    this.connected.connect(this.bound.bind(`inproc://${crypto.randomUUID()}`));
  }

  /**
   * Opens a pair.
   *
   * @param boundType The type of the bound socket.
   * @param connectedType The type of the connected socket.
   * @param identity The connected socket's identity, one byte per character; empty for none.
   */
  static async open(boundType: SocketType, connectedType: SocketType, identity = ""): Promise<SocketPair> {
    return new SocketPair(Context.open(await loadLibrary()), boundType, connectedType, identity);
  }

  /** Closes all three. */
  [Symbol.dispose](): void {
    this.connected.close();
    this.bound.close();
    this.context.close();
  }
}
