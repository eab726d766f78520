/**
 * What `spqueue top` knows about a queue.
 *
 * @module
 */

import type { QueueStatus } from "../status/status.ts";

/** What is known about a queue. */
export interface QueueView {
  readonly address: string;
  /** Its last status; `undefined` until it has answered. */
  readonly status?: QueueStatus | undefined;
  /** Why it cannot be reached; `undefined`: it can. */
  readonly error?: string | undefined;
}
