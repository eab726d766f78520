/**
 * A pause.
 *
 * @module
 */

/**
 * Resolves after a time, at once for 0.
 *
 * @param ms Milliseconds.
 */
export function delay(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
