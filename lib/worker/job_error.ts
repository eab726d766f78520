/**
 * Why a job was not done.
 *
 * @module
 */

import type { LogFields } from "../log.ts";

/** What went wrong, as a stable code. */
export type JobErrorCode =
  /** The program cannot be started: it is missing, is not executable, or may not be run. */
  | "NOT_STARTED"
  /** It ended with an exit code other than 0, or without a reply. */
  | "EXITED"
  /** It was killed by a signal that somebody else sent. */
  | "KILLED"
  /** What it wrote, or what a function returned, is not a valid reply. */
  | "BAD_REPLY"
  /** It wrote more than a reply may contain. */
  | "REPLY_TOO_LONG"
  /** It reported that it cannot do this job. */
  | "REFUSED"
  /** The request cannot be given to the program in this format. */
  | "BAD_REQUEST"
  /** It was killed because its reply was no longer needed. */
  | "ABORTED";

/** A job was not done; the request goes back to the queue. */
export class JobError extends Error {
  override readonly name = "JobError";
  /** What went wrong. */
  readonly code: JobErrorCode;
  /** Further fields for the log: `stderr` has the last lines of the program's standard error, if there are any. */
  readonly details: LogFields;

  /**
   * @param code What went wrong.
   * @param message The same as a sentence.
   * @param details Further fields for the log.
   */
  constructor(code: JobErrorCode, message: string, details: LogFields = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/**
 * Makes the error of a program that cannot be started.
 *
 * @param program Its path or name.
 * @param why The reason, and what to do.
 * @returns The error, with the code `NOT_STARTED`.
 */
export function notStarted(program: string, why: string): JobError {
  return new JobError("NOT_STARTED", `Cannot start program ${JSON.stringify(program)}: ${why}`);
}
