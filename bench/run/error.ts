/**
 * What can go wrong in a benchmark without a defect of the benchmark itself.
 *
 * @module
 */

/** The measurement is not possible, or what it measures did not work; the message says why. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  /** A stable word for programs. */
  readonly code = "BENCH";
}

/** The error that came first, when what had to be ended after it failed as well. */
export function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error;
}
