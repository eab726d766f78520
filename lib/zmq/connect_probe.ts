/**
 * Finds out why a connection cannot be made. libzmq's monitor only reports that an attempt failed; the error number is
 * lost.
 *
 * @module
 */

import type { Address } from "./addresses.ts";
import { ConnectError } from "./connect_error.ts";
import { errnoName } from "./error.ts";
import type { Symbols } from "./symbols.ts";
import { SOCK_FLAGS } from "./unix_socket.ts";
import type { Waiter } from "./waiter.ts";

const IS_DARWIN = Deno.build.os === "darwin";

/** The same on Linux and macOS. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOL_SOCKET = IS_DARWIN ? 0xffff : 1;
const SO_ERROR = IS_DARWIN ? 0x1007 : 4;

/** How long to wait for an answer, in milliseconds. A refusal comes at once, or a round trip later. */
const PROBE_MS = 1000;

/** What a probe needs. */
export interface ProbeParts {
  /** The C library. */
  readonly symbols: Symbols;
  /** Waits for the answer. */
  readonly waiter: Waiter;
  /** Abort it to end the probe early. */
  readonly signal: AbortSignal;
}

/**
 * Tries to connect after libzmq has failed to.
 *
 * @param target What to connect to.
 * @param parts What it needs.
 * @returns Why there is no connection.
 */
export async function probe(target: Address, parts: ProbeParts): Promise<ConnectError> {
  return connectErrorOf(target.endpoint, await connectCode(target, parts));
}

/** The name of the error number; `undefined` if the connection can be made now, or there is no answer in time. */
async function connectCode(target: Address, { symbols, waiter, signal }: ProbeParts): Promise<string | undefined> {
  const { sockaddr } = target;
  const family = IS_DARWIN ? sockaddr[1]! : new DataView(sockaddr.buffer).getUint16(0, true);
  // On macOS, a socket can only be made nonblocking with a variadic function, which Deno cannot call.
  if (IS_DARWIN && family !== AF_UNIX && !isLoopback(target.endpoint)) return undefined;
  const fd = symbols.socket(family, SOCK_STREAM | SOCK_FLAGS, 0);
  if (fd < 0) return errnoName(symbols.zmq_errno());
  try {
    if (symbols.connect(fd, sockaddr, sockaddr.length) === 0) return undefined;
    const code = errnoName(symbols.zmq_errno());
    if (code !== "EINPROGRESS") return code === "EAGAIN" ? undefined : code;
    // A connection that fails becomes readable. One that succeeds does not, since the queue waits for our greeting.
    await waiter.wait([{ fd, isSettled: true, readable: true }], PROBE_MS, signal);
    const value = new Int32Array(1);
    symbols.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, new Uint32Array([value.byteLength]));
    return value[0] === 0 ? undefined : errnoName(value[0]!);
  } finally {
    symbols.close(fd);
  }
}

function isLoopback(endpoint: string): boolean {
  return /^tcp:\/\/(127\.|\[::1\])/.test(endpoint);
}

/**
 * Says why there is no connection.
 *
 * @param endpoint The endpoint that could not be reached, without a name.
 * @param code The name of the error number; `undefined` if it is not known.
 */
export function connectErrorOf(endpoint: string, code: string | undefined): ConnectError {
  const path = endpoint.startsWith("ipc://") ? endpoint.slice("ipc://".length) : undefined;
  const where = path ?? endpoint.slice("tcp://".length);
  switch (code) {
    case undefined:
      return new ConnectError("UNREACHABLE", `no connection to ${where} could be made`);
    case "ECONNREFUSED":
      return new ConnectError("REFUSED", `nothing listens at ${where} (ECONNREFUSED)`);
    case "ENOENT":
    case "ENOTDIR":
      return new ConnectError("NO_SUCH_PATH", `there is no socket ${where} (${code})`);
    case "EACCES":
    case "EPERM":
      return new ConnectError("NO_PERMISSION", `no permission to connect to ${where} (${code})`);
    case "EPROTOTYPE":
      return new ConnectError("NOT_ZMTP", `${where} is a socket of another kind (${code})`);
    default:
      return new ConnectError("UNREACHABLE", `${where} cannot be reached (${code})`);
  }
}
