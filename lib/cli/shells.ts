/**
 * The shells for which there are completions.
 *
 * @module
 */

/** Their names. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** The name of a shell. */
export type Shell = typeof SHELLS[number];
