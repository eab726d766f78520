/**
 * Opens and binds the queue's two ROUTERs.
 *
 * @module
 */

import type { PeerRole } from "../../access/permitted_keys.ts";
import type { Door } from "../access/door.ts";
import { ipcPath, isIpv6 } from "../../endpoint.ts";
import { ioThreadsOf } from "./io_threads.ts";
import type { IpcGate } from "./ipc_gate.ts";
import type { RelayConfig, Side } from "./messages.ts";
import { BytesOption, Int64Option, IntOption, NOTIFY_CONNECT, SocketType } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import { probePeers, watchPeers } from "../../zmq/keepalive.ts";
import type { Library } from "../../zmq/library.ts";
import type { Socket } from "../../zmq/socket.ts";

/** How many messages libzmq reads ahead from a connection. */
const RECEIVE_HIGH_WATER_MARKS: Readonly<Record<Side, number>> = {
  // These messages are not counted in the backlog. With 64, twenty clients that sent 1 MB each filled 1.2 GB at the
  // backlog's limit, and were no faster than with 8.
  frontend: 8,
  // A worker sends one message at a time. libzmq wakes its I/O thread for every frame that is read while the number of
  // messages read is a multiple of half of this value: with 8, one request at a time cost 3 % more.
  backend: 64,
};
/** How many connections may wait to be accepted at a `tcp://` endpoint. */
const LISTEN_BACKLOG = 1024;

/** The role of the peers on each side. */
export const ROLE_OF: Readonly<Record<Side, PeerRole>> = { frontend: "client", backend: "worker" };

/** What {@linkcode openRouter} needs. */
export interface RouterParts {
  /** libzmq. */
  readonly library: Library;
  /** The context of the socket. */
  readonly context: Context;
  /** The relay's configuration. */
  readonly config: Pick<RelayConfig, "maxMessageBytes" | "heartbeatMs" | "ioThreads">;
  /** The content of the message that libzmq delivers on behalf of a peer when its connection ends, one character per byte. */
  readonly disconnectToken: string;
}

/**
 * Opens the ROUTER of a side.
 *
 * @param side The side.
 * @param parts What it needs.
 * @returns The socket, not bound yet. The caller must close it.
 * @throws {ZmqError} When libzmq fails.
 */
export function openRouter(side: Side, { library, context, config, disconnectToken }: RouterParts): Socket {
  // A socket left open would keep the context from ending, and so the error from reaching the caller.
  using opened = new DisposableStack();
  const socket = opened.use(context.socket(SocketType.ROUTER, 0));
  socket.setInt(IntOption.ROUTER_MANDATORY, 1);
  socket.setInt(IntOption.ROUTER_HANDOVER, 1);
  socket.setInt(IntOption.RCVHWM, RECEIVE_HIGH_WATER_MARKS[side]);
  socket.setInt(IntOption.BACKLOG, LISTEN_BACKLOG);
  socket.setInt64(Int64Option.MAXMSGSIZE, config.maxMessageBytes);
  socket.setInt64(Int64Option.AFFINITY, ioThreadsOf(side, config.ioThreads));
  // TCP keepalive rather than ZMTP heartbeats: an assertion in libzmq (4.3.5) ends the process if a peer resets its
  // connection while libzmq is not reading from it and the next heartbeat is due. Also, peers that speak ZMTP 3.0 do not
  // understand heartbeats.
  watchPeers(socket, config.heartbeatMs > 0 ? Math.ceil(config.heartbeatMs / 1000) : undefined);
  if (library.hasDraftApi) {
    socket.setInt(IntOption.ROUTER_NOTIFY, NOTIFY_CONNECT);
    socket.setBytes(BytesOption.DISCONNECT_MSG, Uint8Array.from(disconnectToken, (char) => char.charCodeAt(0)));
  }
  opened.move();
  return socket;
}

/** The guards of endpoints. */
export interface Guards {
  /** Controls access, if there is access control. */
  readonly door: Door | undefined;
  /** Binds `ipc://` endpoints, if there are any. */
  readonly gate: IpcGate | undefined;
}

/**
 * Binds the ROUTER of a side.
 *
 * @param socket The ROUTER.
 * @param side The side.
 * @param endpoints Its endpoints.
 * @param guards The guards of the endpoints.
 * @returns The endpoints as bound, with real ports, in the same order.
 * @throws {ZmqError} When one cannot be bound.
 */
export function bindAll(socket: Socket, side: Side, endpoints: readonly string[], { door, gate }: Guards): string[] {
  const role = ROLE_OF[side];
  const bound: string[] = [];
  const bind = (isGuarded: boolean) => {
    for (const [index, endpoint] of endpoints.entries()) {
      if ((door?.guards(role, endpoint) ?? false) !== isGuarded) continue;
      if (isGuarded) door?.guard(socket, role);
      const path = ipcPath(endpoint);
      if (path !== undefined && gate !== undefined) {
        bound[index] = gate.bind(socket, path, side);
      } else {
        socket.setInt(IntOption.IPV6, isIpv6(endpoint) ? 1 : 0);
        probePeers(socket, endpoint);
        bound[index] = socket.bind(endpoint, side);
      }
    }
  };
  // Unguarded endpoints first, since a guarded socket stays guarded.
  bind(false);
  bind(true);
  return bound;
}
