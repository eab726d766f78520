/**
 * Parses the status of a queue in another process.
 *
 * @module
 */

import type { QueueStatus } from "./status.ts";

/** The parts that this program shows. Another web server's JSON has none of them. */
const PARTS = ["waiting", "inFlight", "backlog", "rates", "times", "account", "workers", "clients"] as const;

/**
 * Reads a status.
 *
 * @param text A queue's response at `/status.json`.
 * @throws {TypeError} When it is not the status of a queue of this version; the message says why.
 */
export function parseStatus(text: string): QueueStatus {
  const status = parsed(text);
  if (typeof status !== "object" || status === null) throw new TypeError("its status is not JSON");
  const { schema, sentence } = status as Partial<QueueStatus>;
  if ("programRestarts" in status) throw new TypeError("it is a worker");
  if (typeof schema === "number" && schema !== 1) throw new TypeError(`its status has the schema ${schema}, not 1`);
  const isPart = (name: typeof PARTS[number]) => {
    const part = (status as Partial<QueueStatus>)[name];
    return typeof part === "object" && part !== null;
  };
  if (schema !== 1 || typeof sentence !== "string" || !PARTS.every(isPart)) {
    throw new TypeError("its status is not a queue's");
  }
  return status as QueueStatus;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
