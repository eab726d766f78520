/**
 * Why a program did not do its job.
 *
 * @module
 */

import type { LogFields } from "../log.ts";

/** What went wrong, as a stable word for programs. */
export type JobErrorCode =
  /** The program cannot be started: it is missing, is not executable, or may not be run. */
  | "NOT_STARTED"
  /** It ended with an exit code other than 0, or without the answer it owed. */
  | "EXITED"
  /** It was ended by a signal that did not come from here. */
  | "KILLED"
  /** What it wrote, or a function returned, is no reply. */
  | "BAD_REPLY"
  /** It wrote more than a reply may have. */
  | "REPLY_TOO_LONG"
  /** It answered that it cannot do this job. */
  | "REFUSED"
  /** The request cannot be given to a program this way. */
  | "BAD_REQUEST"
  /** It was ended, since its answer was no longer wanted. */
  | "ABORTED";

/** A job was not done; the request goes back to the queue. */
export class JobError extends Error {
  override readonly name = "JobError";
  /** What went wrong. */
  readonly code: JobErrorCode;
  /** What else is known of it, for the log: `stderr`, the last lines of the program's standard error, if there are any. */
  readonly details: LogFields;

  /**
   * @param code What went wrong.
   * @param message The same as a sentence.
   * @param details What else is known.
   */
  constructor(code: JobErrorCode, message: string, details: LogFields = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * The error of a program that cannot be started.
 *
 * @param program Its path or name.
 * @param why Why not, and what to do.
 * @returns The error, to be thrown: `NOT_STARTED`.
 */
export function notStarted(program: string, why: string): JobError {
  return new JobError("NOT_STARTED", `Cannot start program ${JSON.stringify(program)}: ${why}`);
}
