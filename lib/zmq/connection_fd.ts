/**
 * The connections of libzmq's sockets, by descriptor, which a message carries as its property `__fd`. This makes it
 * possible to close a connection that libzmq itself does not close.
 *
 * @module
 */

import type { Symbols } from "./symbols.ts";

/** Both directions; the same on Linux and macOS. */
const SHUT_RDWR = 2;
/** Larger than any `struct sockaddr`, in bytes. */
const ADDRESS_SIZE = 128;
const AF_UNIX = 1;
/** From Linux's `asm-generic/socket.h`: `SO_COOKIE` is a number that is unique to each socket. */
const SOL_SOCKET = 1;
const SO_COOKIE = 57;

/** A connection that was open. */
export interface ConnectionFd {
  /** Its descriptor, which another connection may get later. */
  readonly fd: number;
  /**
   * Distinguishes it from a later connection with the same descriptor: on Linux the number of its socket, on macOS the
   * other end's address.
   */
  readonly mark: string;
}

/**
 * Identifies a connection.
 *
 * @param symbols The C library.
 * @param fd Its descriptor.
 * @returns The connection, or `undefined` if it is no longer open or cannot be told apart from others, as on macOS over
 * `ipc://`.
 */
export function connectionFd(symbols: Symbols, fd: number): ConnectionFd | undefined {
  const mark = Deno.build.os === "linux" ? socketNumber(symbols, fd) : peerAddress(symbols, fd);
  return mark === undefined ? undefined : { fd, mark };
}

/**
 * Whether a connection is still open.
 *
 * @param symbols The C library.
 * @param connection The connection.
 */
export function isOpen(symbols: Symbols, connection: ConnectionFd): boolean {
  return connectionFd(symbols, connection.fd)?.mark === connection.mark;
}

/**
 * Ends a connection if it is still open. To libzmq, it looks as if the other side had closed it.
 *
 * @param symbols The C library.
 * @param connection The connection.
 */
export function endConnection(symbols: Symbols, connection: ConnectionFd): void {
  if (isOpen(symbols, connection)) shutDown(symbols, connection.fd);
}

/**
 * Ends the connection with a descriptor if its other side has the given port; by now, the descriptor may belong to
 * another connection.
 *
 * @param symbols The C library.
 * @param fd The descriptor.
 * @param port The port of the other side.
 */
export function shutDownFrom(symbols: Symbols, fd: number, port: number): void {
  if (isConnectedTo(symbols, fd, port)) shutDown(symbols, fd);
}

/**
 * Whether a descriptor belongs to a connection whose other side has a given port.
 *
 * @param symbols The C library.
 * @param fd The descriptor.
 * @param port The port of the other side.
 */
export function isConnectedTo(symbols: Symbols, fd: number, port: number): boolean {
  const address = new Uint8Array(ADDRESS_SIZE);
  if (symbols.getpeername(fd, address, Uint32Array.of(ADDRESS_SIZE)) < 0) return false;
  // The port is in the same place for IPv4 and IPv6, on Linux and macOS.
  return new DataView(address.buffer).getUint16(2) === port;
}

function shutDown(symbols: Symbols, fd: number): void {
  // This fails if the other side has closed the connection meanwhile.
  symbols.shutdown(fd, SHUT_RDWR);
}

function socketNumber(symbols: Symbols, fd: number): string | undefined {
  const cookie = new BigUint64Array(1);
  const length = Uint32Array.of(cookie.byteLength);
  return symbols.getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, length) < 0 ? undefined : `${cookie[0]}`;
}

function peerAddress(symbols: Symbols, fd: number): string | undefined {
  const address = new Uint8Array(ADDRESS_SIZE);
  const length = Uint32Array.of(ADDRESS_SIZE);
  if (symbols.getpeername(fd, address, length) < 0) return undefined;
  // In BSD's layout, the family is the second byte. Peers on ipc:// have no address to tell them apart.
  return address[1] === AF_UNIX ? undefined : address.subarray(0, length[0]!).toHex();
}
