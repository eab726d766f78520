/**
 * Unix sockets with the C library: Deno's own would need file permissions, and libzmq's remove whatever is in their
 * way.
 *
 * @module
 */

import { errnoName, lastError, ZmqError } from "./error.ts";
import type { Symbols } from "./symbols.ts";

const IS_DARWIN = Deno.build.os === "darwin";
/** The same on Linux and macOS. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
/**
 * Flags of a socket's type, on Linux only. Nonblocking, so that connecting does not wait for a listener with a full
 * backlog; programs that this one starts do not inherit the socket.
 */
export const SOCK_FLAGS: number = IS_DARWIN ? 0 : 0o4000 | 0o2000000;
/** The size of `sun_path`. A path may fill it without a final NUL. */
const MAX_PATH_BYTES = IS_DARWIN ? 104 : 108;
/** The offset of the path in `struct sockaddr_un`: after a 16-bit family, or 8 bits of length and 8 bits of family. */
const PATH_OFFSET = 2;
/** The size of `struct sockaddr_un`. */
const MAX_ADDRESS_BYTES = PATH_OFFSET + MAX_PATH_BYTES;

/**
 * Whether a path is a name in Linux's abstract namespace, where no file is made.
 *
 * @param path The path of an `ipc://` endpoint.
 */
export function isAbstract(path: string): boolean {
  return path.startsWith("@");
}

/**
 * Tries to connect to a path.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path.
 * @returns The name of the error; `undefined` if somebody listens there. `ECONNREFUSED` means that nobody listens, if
 * the path is a socket; `EPROTOTYPE` means that the socket has another type.
 */
export function connectError(symbols: Symbols, path: string): string | undefined {
  return connectErrorOf(symbols, path, SOCK_STREAM);
}

/**
 * Whether a process has a stream socket open on a path. Unlike with {@linkcode connectError}, that process does not
 * notice the check: sockets of different types do not connect.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path.
 */
export function isHeld(symbols: Symbols, path: string): boolean {
  return connectErrorOf(symbols, path, SOCK_DGRAM) === "EPROTOTYPE";
}

function connectErrorOf(symbols: Symbols, path: string, type: number): string | undefined {
  const address = unixAddress(path);
  if (address.length > MAX_ADDRESS_BYTES) return "ENAMETOOLONG";
  const fd = symbols.socket(AF_UNIX, type | SOCK_FLAGS, 0);
  if (fd < 0) return errnoName(symbols.zmq_errno());
  const error = symbols.connect(fd, address, address.length) === 0 ? undefined : errnoName(symbols.zmq_errno());
  symbols.close(fd);
  // Somebody listens, but has no room for another connection at the moment.
  return error === "EAGAIN" ? undefined : error;
}

/**
 * Listens on a path. This fails if anything exists at the path.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The path, or `@` followed by a name in the abstract namespace.
 * @param backlog How many connections may wait to be accepted.
 * @param action What is being tried, for the error's sentence.
 * @returns The descriptor.
 * @throws {ZmqError} When that fails, for instance `EADDRINUSE`.
 */
export function listenOn(symbols: Symbols, path: string, backlog: number, action: string): number {
  if (IS_DARWIN && isAbstract(path)) throw new ZmqError(action, "EINVAL", "only Linux has sockets that begin with @");
  const address = unixAddress(path);
  if (address.length > MAX_ADDRESS_BYTES) {
    throw new ZmqError(action, "ENAMETOOLONG", `the path is longer than ${MAX_PATH_BYTES} bytes`);
  }
  const fd = symbols.socket(AF_UNIX, SOCK_STREAM | SOCK_FLAGS, 0);
  if (fd < 0) throw lastError(symbols, action);
  if (symbols.bind(fd, address, address.length) === 0 && symbols.listen(fd, backlog) === 0) return fd;
  const error = lastError(symbols, action);
  symbols.close(fd);
  throw error.code === "ENOENT" ? new ZmqError(action, "ENOENT", "the folder of this path does not exist") : error;
}

/**
 * The address of a Unix socket.
 *
 * @param path The path; a leading `@` stands for the NUL of Linux's abstract addresses, as in libzmq.
 * @returns A `struct sockaddr_un`, only as long as the path requires.
 */
export function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(path);
  if (isAbstract(path)) bytes[0] = 0;
  // A name in the abstract namespace has no final NUL, and after the longest path there is no room for one.
  const hasNul = !isAbstract(path) && bytes.length < MAX_PATH_BYTES;
  const address = new Uint8Array(PATH_OFFSET + bytes.length + (hasNul ? 1 : 0));
  if (IS_DARWIN) address.set([address.length, AF_UNIX]);
  else new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, PATH_OFFSET);
  return address;
}
