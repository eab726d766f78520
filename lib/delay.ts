/**
 * A pause.
 *
 * @module
 */

/**
 * Resolves after a time; at once for 0 or less.
 *
 * @param ms Milliseconds.
 * @param signal Resolves it early when it is aborted.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
