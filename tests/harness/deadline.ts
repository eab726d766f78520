/**
 * Waiting that ends: a test that waits in vain says for what, instead of hanging.
 *
 * @module
 */

/** How long a test waits for anything, in milliseconds: far longer than it takes, also on a busy machine and in an emulator. */
export const WAIT_MS = 60_000;

/**
 * Waits for a promise, but not without end.
 *
 * @param promise What to wait for.
 * @param describe Says what was waited for and how things stand, when it did not come.
 * @param timeoutMs How long.
 * @throws {Error} When the time is over.
 */
export async function within<T>(promise: Promise<T>, describe: () => string, timeoutMs: number = WAIT_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${describe()}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
