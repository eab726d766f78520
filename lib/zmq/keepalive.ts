/**
 * Noticing that the other side's host is gone: unplugged, out of power, or behind a firewall that has forgotten the
 * connection. Then nothing ends a connection on which nothing is sent.
 *
 * @module
 */

import { IntOption } from "./constants.ts";
import type { Socket } from "./socket.ts";

/** A host that is gone is noticed after 5 s without a word and four probes, so within 15 s. */
const KEEPALIVE_IDLE_S = 5;
const KEEPALIVE_INTERVAL_S = 2;
const KEEPALIVE_PROBES = 4;
/** What is sent and not acknowledged for this long was sent to a host that is gone (`TCP_USER_TIMEOUT`). */
const UNACKNOWLEDGED_MS = 12_000;

/**
 * Has the system end a socket's TCP connections when the other side's host is gone, which it notices within 15 s, whether
 * they are idle or have sent something. To be called before the socket binds or connects.
 *
 * @param socket The socket.
 * @throws {ZmqError} When libzmq does not take an option.
 */
export function watchPeer(socket: Socket): void {
  socket.setInt(IntOption.TCP_KEEPALIVE, 1);
  socket.setInt(IntOption.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES);
  socket.setInt(IntOption.TCP_MAXRT, UNACKNOWLEDGED_MS);
}
