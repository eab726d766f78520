/**
 * A connection by its descriptor, which libzmq gives as a message's property `__fd`.
 *
 * @module
 */

import type { Symbols } from "./symbols.ts";

/** Both directions; the same on Linux and macOS. */
const SHUT_RDWR = 2;
/** More than any `struct sockaddr` has. */
const ADDRESS_SIZE = 128;

/**
 * The other end's address, by which a connection is told from a later one that has the same descriptor.
 *
 * @param symbols The C library.
 * @param fd The descriptor.
 * @returns The `struct sockaddr` in hexadecimal, or `undefined` when it is not a connection any more.
 */
export function peerAddressOf(symbols: Symbols, fd: number): string | undefined {
  const address = new Uint8Array(ADDRESS_SIZE);
  const length = new Uint32Array([ADDRESS_SIZE]);
  if (symbols.getpeername(fd, address, length) < 0) return undefined;
  return address.subarray(0, length[0]!).toHex();
}

/**
 * Ends a connection, of which libzmq then takes notice as if the other side had closed it.
 *
 * @param symbols The C library.
 * @param fd The descriptor.
 */
export function shutDown(symbols: Symbols, fd: number): void {
  // It fails when the other side has closed the connection meanwhile.
  symbols.shutdown(fd, SHUT_RDWR);
}
