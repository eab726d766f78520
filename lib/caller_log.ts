/**
 * A log that the caller of the API has written, whose errors must not become errors of what it logs.
 *
 * @module
 */

import type { EventLog } from "./log.ts";

/**
 * Shields the library from a caller's log: what it throws or rejects with is dropped, as a line is that cannot be written.
 *
 * @param log The caller's log, if there is one.
 * @returns A log that never throws.
 */
export function shielded(log: EventLog | undefined): EventLog | undefined {
  if (log === undefined) return undefined;
  return {
    debug: (event, fields) => attempt(() => log.debug(event, fields)),
    info: (event, fields) => attempt(() => log.info(event, fields)),
    warning: (event, fields) => attempt(() => log.warning(event, fields)),
    error: (event, fields) => attempt(() => log.error(event, fields)),
  };
}

function attempt(write: () => unknown): void {
  try {
    const result = write();
    // TypeScript accepts an asynchronous function here, too.
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // There is nowhere to report it: the log is where errors are reported.
  }
}
