/**
 * Why a release cannot be made.
 *
 * @module
 */

/** A release cannot be made; the message says why. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
  /** A stable code for programs. */
  readonly code = "NOT_RELEASED";
}
