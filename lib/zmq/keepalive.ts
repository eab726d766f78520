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
/** At a chosen interval a host is gone if it has not acknowledged anything for two of them, seen at the third. */
const INTERVALS = 2;

/**
 * Has the system end a socket's TCP connections when the other side's host is gone, within 15 s, whether they are idle or
 * have sent something. Call it before the socket binds or connects.
 *
 * @param socket The socket.
 * @param intervalS Seconds between probes, if they should find it sooner: within three intervals.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function watchPeer(socket: Socket, intervalS?: number): void {
  socket.setInt(IntOption.TCP_KEEPALIVE, 1);
  socket.setInt(IntOption.TCP_KEEPALIVE_IDLE, intervalS ?? KEEPALIVE_IDLE_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_INTVL, intervalS ?? KEEPALIVE_INTERVAL_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_CNT, intervalS === undefined ? KEEPALIVE_PROBES : INTERVALS);
  socket.setInt(IntOption.TCP_MAXRT, intervalS === undefined ? UNACKNOWLEDGED_MS : INTERVALS * intervalS * 1000);
}
