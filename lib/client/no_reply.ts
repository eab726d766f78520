/**
 * Why a request has no reply.
 *
 * @module
 */

import type { ConnectErrorCode } from "../zmq/connect_error.ts";

/** Why a request has no reply: a stable code for programs. */
export type NoReplyReason =
  | ConnectErrorCode
  /** Connected, and no reply came: there is no worker, the job takes longer, or it fails. */
  | "NO_ANSWER"
  /** Replies came, and {@linkcode RequestOptions.accept} took none. */
  | "NOT_ACCEPTED"
  /** The connection was closed while the request was being sent: it may be larger than the queue takes. */
  | "CLOSED_WHILE_SENDING"
  /** The connection was lost before the reply came. */
  | "CONNECTION_LOST";

/** From the reason that says least about the queue to the one that says most: that of several queues is given. */
const REASONS: readonly NoReplyReason[] = [
  "NAME_SERVER_SILENT",
  "NAME_NOT_FOUND",
  "UNREACHABLE",
  "NO_SUCH_PATH",
  "NO_PERMISSION",
  "REFUSED",
  "NOT_ZMTP",
  "CONNECTION_LOST",
  "CLOSED_WHILE_SENDING",
  "NO_ANSWER",
  "NOT_ACCEPTED",
];

/** No reply came after all tries; the message says why, as far as it is known. */
export class NoReplyError extends Error {
  /** The class's name. */
  override readonly name = "NoReplyError";
  /** A stable code for programs. */
  readonly code = "NO_REPLY";
  /** Why, a stable code for programs; with several queues, why the one did not reply with which the client got furthest. */
  readonly reason: NoReplyReason;

  /**
   * Makes the error.
   *
   * @param message What happened, a sentence.
   * @param reason Why.
   */
  constructor(message: string, reason: NoReplyReason) {
    super(message);
    this.reason = reason;
  }
}

/** Why one queue did not reply. */
export interface NoReplyCause {
  readonly reason: NoReplyReason;
  /** The same as a phrase that can follow a colon. */
  readonly text: string;
}

/** What a request has met with, for the error in the end. */
export class NoReplyCauses {
  readonly #endpoints: readonly string[];
  /** The last one of each queue, by the index of its endpoint. */
  readonly #causes = new Map<number, NoReplyCause>();

  /** @param endpoints The queues' endpoints. */
  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  /**
   * Remembers why a queue did not reply; an earlier cause is forgotten.
   *
   * @param index The index of its endpoint.
   * @param cause The cause.
   */
  set(index: number, cause: NoReplyCause): void {
    this.#causes.set(index, cause);
  }

  /**
   * Makes the error.
   *
   * @param tries How many tries there were.
   * @param timeoutMs How long each of them took.
   */
  error(tries: number, timeoutMs: number): NoReplyError {
    const after = `after ${tries} ${tries === 1 ? "try" : "tries"} of ${timeoutMs} ms`;
    const causes = [...this.#causes].map(([index, cause]) => ({ ...cause, endpoint: `"${this.#endpoints[index]}"` }));
    const reason = REASONS.findLast((reason) => causes.some((cause) => cause.reason === reason)) ?? "NO_ANSWER";
    const texts = new Set(causes.map(({ text }) => text));
    // Each reason is said once.
    const sentence = texts.size === 1
      ? `No reply from ${causes.map(({ endpoint }) => endpoint).join(", ")} ${after}: ${[...texts][0]}`
      : `No reply ${after}: ${causes.map(({ endpoint, text }) => `${endpoint}: ${text}`).join("; ")}`;
    return new NoReplyError(sentence, reason);
  }
}
