/**
 * What goes wrong in a benchmark without being a defect of the benchmark itself.
 *
 * @module
 */

/** The measurement is not possible, or what it measures did not work; the message says why. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  /** A stable word for programs. */
  readonly code = "BENCH";
}

/**
 * The error that came first, when what was to be ended after it failed as well.
 *
 * @param error What was thrown.
 * @returns The same, or what it suppresses.
 */
export function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error;
}
