/**
 * Turns libzmq's error numbers into errors with a name and a message.
 *
 * @module
 */

import type { Symbols } from "./symbols.ts";

/** libzmq's own error numbers start here. */
const HAUSNUMERO = 156384712;

const LIBZMQ_NAMES: Readonly<Record<number, string>> = {
  [HAUSNUMERO + 51]: "EFSM",
  [HAUSNUMERO + 52]: "ENOCOMPATPROTO",
  [HAUSNUMERO + 53]: "ETERM",
  [HAUSNUMERO + 54]: "EMTHREAD",
};

/** The same on Linux and macOS. */
const COMMON_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  16: "EBUSY",
  17: "EEXIST",
  18: "EXDEV",
  19: "ENODEV",
  20: "ENOTDIR",
  22: "EINVAL",
  23: "ENFILE",
  24: "EMFILE",
  30: "EROFS",
};

const LINUX_NAMES: Readonly<Record<number, string>> = {
  11: "EAGAIN",
  36: "ENAMETOOLONG",
  38: "ENOSYS",
  40: "ELOOP",
  88: "ENOTSOCK",
  90: "EMSGSIZE",
  91: "EPROTOTYPE",
  93: "EPROTONOSUPPORT",
  95: "ENOTSUP",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  101: "ENETUNREACH",
  104: "ECONNRESET",
  105: "ENOBUFS",
  110: "ETIMEDOUT",
  111: "ECONNREFUSED",
  113: "EHOSTUNREACH",
  115: "EINPROGRESS",
};

const DARWIN_NAMES: Readonly<Record<number, string>> = {
  35: "EAGAIN",
  36: "EINPROGRESS",
  38: "ENOTSOCK",
  40: "EMSGSIZE",
  41: "EPROTOTYPE",
  43: "EPROTONOSUPPORT",
  45: "ENOTSUP",
  47: "EAFNOSUPPORT",
  48: "EADDRINUSE",
  49: "EADDRNOTAVAIL",
  51: "ENETUNREACH",
  54: "ECONNRESET",
  55: "ENOBUFS",
  60: "ETIMEDOUT",
  61: "ECONNREFUSED",
  62: "ELOOP",
  63: "ENAMETOOLONG",
  65: "EHOSTUNREACH",
  78: "ENOSYS",
};

/** Replaces error texts that would mislead. */
const CLEARER_TEXTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "address not available on this machine",
  EACCES: "permission denied",
  ENODEV: "no such network interface or address",
  EPROTONOSUPPORT: "transport not supported by this libzmq",
  EMFILE: "too many open files; raise the limit (ulimit -n)",
};

/** A libzmq call failed. */
export class ZmqError extends Error {
  override readonly name = "ZmqError";
  /** The error number's name, such as `EADDRINUSE`; or `E` and the number if the name is not known. */
  readonly code: string;

  /**
   * @param action What was tried, such as `Cannot bind to "tcp://*:5555"`.
   * @param code The error number's name.
   * @param text What it means.
   */
  constructor(action: string, code: string, text: string) {
    super(`${action}: ${text} (${code})`);
    this.code = code;
  }
}

const NAMES: Readonly<Record<number, string>> = {
  ...LIBZMQ_NAMES,
  ...(Deno.build.os === "darwin" ? DARWIN_NAMES : LINUX_NAMES),
  ...COMMON_NAMES,
};

/**
 * Makes the error for too few descriptors. Throw it before libzmq or Deno runs out of them and aborts the process.
 *
 * @param action What was tried, a phrase that starts with `Cannot`.
 */
export function tooFewDescriptors(action: string): ZmqError {
  return new ZmqError(action, "EMFILE", CLEARER_TEXTS["EMFILE"]!);
}

/** The name of an error number of this platform or of libzmq. */
export function errnoName(errno: number): string {
  return NAMES[errno] ?? `E${errno}`;
}

/**
 * The number of an error on this platform.
 *
 * @param name Its name.
 * @throws {RangeError} When {@linkcode errnoName} does not know the name.
 */
export function errnoNumber(name: string): number {
  const entry = Object.entries(NAMES).find(([, known]) => known === name);
  if (entry === undefined) throw new RangeError(`Cannot tell the number of the error "${name}": it is not known`);
  return Number(entry[0]);
}

/** The error numbers with which a send or receive can fail here, except those that mean "try again". */
const EXPECTED_ERRNOS = ["EAGAIN", "EHOSTUNREACH", "EFSM", "ETERM", "ENOTSOCK"].map(errnoNumber);
const EINTR = errnoNumber("EINTR");
/** How often to repeat a call that failed with any other error number. */
const MAX_REPEATS = 3;

/**
 * Whether to repeat a failed send or receive: either a signal interrupted it, or it cannot have failed with this error
 * number. In the latter case, something else on this thread has set the number after libzmq did (`ENOENT` was seen
 * once, under load, and ended a queue). In both cases, nothing was sent or received.
 *
 * @param errno The error number.
 * @param repeats How often it was repeated so far.
 */
export function isCallToRepeat(errno: number, repeats: number): boolean {
  return errno === EINTR || (repeats < MAX_REPEATS && !EXPECTED_ERRNOS.includes(errno));
}

/**
 * The error of the call that just failed on this thread.
 *
 * @param symbols libzmq.
 * @param action What was tried, a phrase that starts with `Cannot`.
 * @returns The error; the caller throws it.
 */
export function lastError(symbols: Symbols, action: string): ZmqError {
  const errno = symbols.zmq_errno();
  const code = errnoName(errno);
  const text = symbols.zmq_strerror(errno);
  const known = text === null ? "unknown error" : Deno.UnsafePointerView.getCString(text);
  return new ZmqError(action, code, CLEARER_TEXTS[code] ?? known.toLowerCase());
}
