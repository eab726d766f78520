/**
 * A libzmq whose calls are interrupted by signals again and again.
 *
 * @module
 */

import type { Library } from "../../lib/zmq/library.ts";
import type { Symbols } from "../../lib/zmq/symbols.ts";

const EINTR = 4;

/** The calls that libzmq lets a signal interrupt. */
const INTERRUPTIBLE = [
  "zmq_send",
  "zmq_send_bytes",
  "zmq_recv",
  "zmq_msg_send",
  "zmq_msg_recv",
  "zmq_getsockopt",
] as const;

/**
 * Makes one: every other call of those that can be interrupted fails with `EINTR` and does nothing.
 *
 * @param library The real one.
 */
export function interrupting(library: Library): Library {
  let isInterrupted = false;
  const wrapped = INTERRUPTIBLE.map((name) => {
    const call = library.symbols[name] as (...args: unknown[]) => number;
    return [name, (...args: unknown[]) => {
      isInterrupted = !isInterrupted;
      return isInterrupted ? -1 : call(...args);
    }];
  });
  const symbols = {
    ...library.symbols,
    ...Object.fromEntries(wrapped),
    zmq_errno: () => isInterrupted ? EINTR : library.symbols.zmq_errno(),
  } as Symbols;
  return { ...library, symbols };
}
