/**
 * A log that the caller of the API provides. Its errors must not become errors of the library.
 *
 * @module
 */

import type { EventLog } from "./log.ts";

/**
 * Shields the library from a caller's log: what the log throws or rejects with is dropped, like a line that cannot be
 * written.
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
    // TypeScript also accepts an asynchronous function here.
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // There is nowhere to report it: errors are reported to the log.
  }
}
