/**
 * Waits with a limit: a test that waits in vain fails and says what it waited for, instead of hanging.
 *
 * @module
 */

/** How long a test waits for anything, in milliseconds: far longer than needed, even on a busy machine or in an emulator. */
export const WAIT_MS = 60_000;

/**
 * Waits for a promise, up to a limit.
 *
 * @param promise What to wait for.
 * @param describe Describes what was awaited, for the error message.
 * @param timeoutMs The limit, in milliseconds.
 * @returns What the promise resolves to.
 * @throws {Error} When the limit is reached.
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
