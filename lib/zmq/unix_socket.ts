/**
 * Whether somebody listens on a Unix socket's path, which libzmq does not ask before it takes the path over.
 *
 * @module
 */

import { errnoName } from "./error.ts";
import type { Symbols } from "./symbols.ts";

/** The same on Linux and macOS. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** Linux alone: a listener whose queue of connections is full is not waited for. */
const SOCK_NONBLOCK = 0o4000;
/** Where its path begins: behind a 16-bit family, or 8 bits of length and 8 of family. */
const PATH_OFFSET = 2;

/**
 * Tries to connect to a path, with the C library's `connect`: Deno's own would need permissions for files.
 *
 * @param symbols libzmq.
 * @param path The path, without a NUL.
 * @returns Whether somebody listens there; not so where nothing is, or what a killed process left behind.
 */
export function isListening(symbols: Symbols, path: string): boolean {
  const isDarwin = Deno.build.os === "darwin";
  const fd = symbols.socket(AF_UNIX, isDarwin ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK, 0);
  // Without a descriptor nothing can be bound either, and that tells why.
  if (fd < 0) return false;
  const address = unixAddress(path);
  const result = symbols.connect(fd, address, address.length);
  const isConnected = result === 0 || errnoName(symbols.zmq_errno()) === "EAGAIN";
  symbols.close(fd);
  return isConnected;
}

/**
 * The address of a Unix socket.
 *
 * @param path The path; a leading `@` stands for the NUL of Linux's abstract addresses, as in libzmq.
 * @returns A `struct sockaddr_un`, as long as the path needs.
 */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(path);
  const isAbstract = path.startsWith("@");
  if (isAbstract) bytes[0] = 0;
  const address = new Uint8Array(PATH_OFFSET + bytes.length + (isAbstract ? 0 : 1));
  if (Deno.build.os === "darwin") address.set([address.length, AF_UNIX]);
  else new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, PATH_OFFSET);
  return address;
}
