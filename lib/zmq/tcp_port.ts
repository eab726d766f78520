/**
 * Checks whether a TCP port can be bound, without listening on it: so nobody can connect to a listener that would
 * vanish at once, and others that bind the port at the same moment are not disturbed.
 *
 * @module
 */

import { numericAddress } from "./addresses.ts";
import { errnoName } from "./error.ts";
import type { Symbols } from "./symbols.ts";

const IS_DARWIN = Deno.build.os === "darwin";
const SOCK_STREAM = 1;
const SOL_SOCKET = IS_DARWIN ? 0xffff : 1;
const SO_REUSEADDR = IS_DARWIN ? 4 : 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = IS_DARWIN ? 27 : 26;

/** What is known about a port; `unknown` if the host is a name. */
export type PortState = "free" | "taken" | "unknown";

/**
 * Checks whether a port can be bound in the way in which libzmq and the HTTP server bind it.
 *
 * @param symbols libzmq, and the C library with it.
 * @param host `*`, an IPv4 address, or an IPv6 address in brackets.
 * @param port The port; 0 is any free one.
 * @returns `taken` only if a socket has the port. A port that cannot be bound for any other reason counts as free.
 */
export function tcpPortState(symbols: Symbols, host: string, port: number): PortState {
  if (port === 0) return "free";
  const address = numericAddress(symbols, host === "*" ? "0.0.0.0" : host, port)?.sockaddr;
  if (address === undefined) return "unknown";
  const fd = symbols.socket(familyOf(address), SOCK_STREAM, 0);
  if (fd < 0) return "free";
  // Without SO_REUSEADDR, a closed connection keeps the port taken for a minute.
  symbols.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4);
  if (host.startsWith("[")) symbols.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, new Int32Array([0]), 4);
  const isTaken = symbols.bind(fd, address, address.length) < 0 && errnoName(symbols.zmq_errno()) === "EADDRINUSE";
  symbols.close(fd);
  return isTaken ? "taken" : "free";
}

function familyOf(address: Uint8Array<ArrayBuffer>): number {
  // On macOS, the first byte is the length.
  return IS_DARWIN ? address[1]! : new DataView(address.buffer, address.byteOffset).getUint16(0, true);
}
