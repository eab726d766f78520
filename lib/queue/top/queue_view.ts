/**
 * What `spqueue top` knows of a queue. Pure.
 *
 * @module
 */

import type { QueueStatus } from "../status/status.ts";

/** What is known of a queue. */
export interface QueueView {
  readonly address: string;
  /** Its last status; `undefined`: it has not answered yet. */
  readonly status?: QueueStatus | undefined;
  /** Why it cannot be asked; `undefined`: it can. */
  readonly error?: string | undefined;
}
