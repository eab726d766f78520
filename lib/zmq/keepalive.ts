/**
 * Detects that the other side's host is gone: unplugged, out of power, or behind a firewall that has forgotten the
 * connection. Nothing else would end a connection on which nothing is sent.
 *
 * @module
 */

import { isReachableFromOutside } from "../endpoint.ts";
import { IntOption } from "./constants.ts";
import type { Socket } from "./socket.ts";

/** How long a connection is silent before it is probed, by default: a host that is gone is noticed within three of these. */
const INTERVAL_S = 5;
/**
 * How soon a probe is repeated that was not acknowledged. Often, because probes get lost without any fault: connections that
 * fell silent in one instant are probed in one instant, and within one machine Linux passes on 1,000 packets at a time.
 */
const REPEAT_S = 1;

/**
 * Says how the system is to notice that the other side's host is gone. Call it before the socket binds or connects, and
 * {@linkcode probePeers} for each endpoint.
 *
 * @param socket The socket.
 * @param intervalS After how many seconds of silence the host is probed. Within three times this it is noticed.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function watchPeers(socket: Pick<Socket, "setInt">, intervalS = INTERVAL_S): void {
  // The system's timers may be an eighth late, so not three intervals.
  const goneS = Math.max(2 * intervalS, 3 * intervalS - 2);
  socket.setInt(IntOption.TCP_KEEPALIVE_IDLE, intervalS);
  socket.setInt(IntOption.TCP_KEEPALIVE_INTVL, REPEAT_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_CNT, (goneS - intervalS) / REPEAT_S);
  // If nothing has been acknowledged for this long, what was sent or a probe, the host is gone (`TCP_USER_TIMEOUT`).
  socket.setInt(IntOption.TCP_MAXRT, goneS * 1000);
}

/**
 * Has the system probe the connections of the endpoint that is bound or connected next, unless both ends are on this machine:
 * there a probe can only get lost.
 *
 * @param socket The socket.
 * @param endpoint The endpoint.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function probePeers(socket: Pick<Socket, "setInt">, endpoint: string): void {
  socket.setInt(IntOption.TCP_KEEPALIVE, isReachableFromOutside(endpoint) ? 1 : 0);
}
