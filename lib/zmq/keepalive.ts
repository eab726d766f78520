/**
 * Detects that the other side's host has vanished: it is unplugged, has no power, or is behind a firewall that has
 * forgotten the connection. Nothing else would end a connection on which nothing is sent.
 *
 * @module
 */

import { isReachableFromOutside } from "../endpoint.ts";
import { IntOption } from "./constants.ts";
import type { Socket } from "./socket.ts";

/**
 * The default time of silence before a connection is probed, in seconds. A vanished host is noticed within three times
 * this.
 */
const INTERVAL_S = 5;
/**
 * How soon to repeat an unacknowledged probe, in seconds. Short, because probes can get lost without any fault:
 * connections that fell silent at the same moment are probed at the same moment, and within one machine, Linux only
 * passes on 1,000 packets at a time.
 */
const REPEAT_S = 1;

/**
 * Sets how the system detects a vanished host. Call it before the socket binds or connects, and {@linkcode probePeers}
 * for each endpoint.
 *
 * @param socket The socket.
 * @param intervalS After how many seconds of silence to probe the host. A vanished host is noticed within three times
 * this.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function watchPeers(socket: Pick<Socket, "setInt">, intervalS = INTERVAL_S): void {
  // Less than three intervals, because the system's timers may be late by an eighth.
  const goneS = Math.max(2 * intervalS, 3 * intervalS - 2);
  socket.setInt(IntOption.TCP_KEEPALIVE_IDLE, intervalS);
  socket.setInt(IntOption.TCP_KEEPALIVE_INTVL, REPEAT_S);
  socket.setInt(IntOption.TCP_KEEPALIVE_CNT, (goneS - intervalS) / REPEAT_S);
  // If neither data nor a probe was acknowledged for this long, the host has vanished (`TCP_USER_TIMEOUT`).
  socket.setInt(IntOption.TCP_MAXRT, goneS * 1000);
}

/**
 * Makes the system probe the connections of the endpoint that is bound or connected next, unless both ends are on this
 * machine, where a probe could do nothing but get lost.
 *
 * @param socket The socket.
 * @param endpoint The endpoint.
 * @throws {ZmqError} When libzmq refuses an option.
 */
export function probePeers(socket: Pick<Socket, "setInt">, endpoint: string): void {
  socket.setInt(IntOption.TCP_KEEPALIVE, isReachableFromOutside(endpoint) ? 1 : 0);
}
