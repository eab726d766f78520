/**
 * A libzmq whose calls are constantly interrupted by signals, or fail for no reason.
 *
 * @module
 */

import type { Library } from "../../lib/zmq/library.ts";
import type { Symbols } from "../../lib/zmq/symbols.ts";

const EINTR = 4;
const ENOENT = 2;

/** The calls that a signal can interrupt. */
const INTERRUPTIBLE = [
  "zmq_send",
  "zmq_send_bytes",
  "zmq_recv",
  "zmq_msg_send",
  "zmq_msg_recv",
  "zmq_getsockopt",
  "zmq_bind",
  "zmq_connect",
  "zmq_socket_monitor",
] as const;

/**
 * Wraps a library: every other call that can be interrupted does nothing and fails with `EINTR`.
 *
 * @param library The library to wrap.
 * @returns The wrapped library.
 */
export function interrupting(library: Library): Library {
  return failing(library, INTERRUPTIBLE, EINTR);
}

/**
 * Wraps a library: every other send and receive does nothing and fails, with an error number that libzmq did not set.
 *
 * @param library The library to wrap.
 * @returns The wrapped library.
 */
export function misreporting(library: Library): Library {
  return failing(library, ["zmq_send", "zmq_send_bytes", "zmq_msg_send", "zmq_recv", "zmq_msg_recv"], ENOENT);
}

function failing(library: Library, names: ReadonlyArray<typeof INTERRUPTIBLE[number]>, errno: number): Library {
  let isInterrupted = false;
  const wrapped = names.map((name) => {
    const call = library.symbols[name] as (...args: unknown[]) => number;
    return [name, (...args: unknown[]) => {
      isInterrupted = !isInterrupted;
      return isInterrupted ? -1 : call(...args);
    }];
  });
  const symbols = {
    ...library.symbols,
    ...Object.fromEntries(wrapped),
    zmq_errno: () => isInterrupted ? errno : library.symbols.zmq_errno(),
  } as Symbols;
  return { ...library, symbols };
}
