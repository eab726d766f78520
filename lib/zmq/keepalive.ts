/**
 * Detects that the other side's host is gone: unplugged, out of power, or behind a firewall that has forgotten the
 * connection. Nothing else would end a connection on which nothing is sent.
 *
 * @module
 */

import { IntOption } from "./constants.ts";
import type { Socket } from "./socket.ts";

/** After 5 s of silence the system sends four probes, 2 s apart: a host that is gone is detected within 15 s. */
const KEEPALIVE_IDLE_S = 5;
const KEEPALIVE_INTERVAL_S = 2;
const KEEPALIVE_PROBES = 4;
/** If what was sent is not acknowledged for this long, the host is gone (`TCP_USER_TIMEOUT`). */
const UNACKNOWLEDGED_MS = 12_000;

/**
 * Has the system end a socket's TCP connections when the other side's host is gone, within 15 s, whether they are idle or
 * have sent something. Call it before the socket binds or connects.
 *
 * @param socket The socket.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function watchPeer(socket: Socket): void {
  socket.setInt(IntOption.TCP_KEEPALIVE, 1);
  socket.setInt(IntOption.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES);
  socket.setInt(IntOption.TCP_MAXRT, UNACKNOWLEDGED_MS);
}
