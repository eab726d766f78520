/**
 * The error for a release that cannot be made.
 *
 * @module
 */

/** A release cannot be made. The message says why. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
  /** A stable code for programs. */
  readonly code = "NOT_RELEASED";
}
