/**
 * An act of the day: something happens to the production, and its consequences are as promised.
 *
 * @module
 */

import type { Production } from "./production.ts";

/** An act. */
export interface Act {
  /** Its name on the command line. */
  readonly name: string;
  /** Why it cannot be played here, if it cannot. */
  readonly whyNot?: (production: Production) => string | undefined;
  /**
   * Plays it.
   *
   * @param production The production, with clients that ask all the time.
   * @returns What was seen, a sentence.
   * @throws {BrokenGuarantee} When something was not as promised.
   */
  readonly play: (production: Production) => Promise<string>;
}

/** Seconds with a decimal, for sentences. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
