/**
 * Somebody who watches the queue all day.
 *
 * @module
 */

import type { Production } from "./production.ts";

/** Somebody who watches. Leaving `await using`'s scope ends it. */
export interface Watcher extends AsyncDisposable {
  /** Who it is. */
  readonly name: string;
  /**
   * Checks that it still sees the queue as it is, when no more requests come.
   *
   * @returns What it has seen, a sentence.
   */
  readonly check: (production: Production) => Promise<string>;
}
