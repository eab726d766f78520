/**
 * Why a request has no reply.
 *
 * @module
 */

import type { ConnectErrorCode } from "../zmq/connect_error.ts";

/** Why a request has no reply: a stable code for programs. */
export type NoReplyReason =
  | ConnectErrorCode
  /**
   * Connected, but no reply came: there is no worker, the job takes longer, or it fails. Or the time was over before the client
   * could connect.
   */
  | "NO_ANSWER"
  /** Replies came, but {@linkcode RequestOptions.accept} accepted none. */
  | "NOT_ACCEPTED"
  /** The connection was closed while the request was being sent: the request may be larger than the queue allows. */
  | "CLOSED_WHILE_SENDING"
  /** The connection was lost before the reply came. */
  | "CONNECTION_LOST";

/**
 * Ordered from the reason that says least about the queue to the one that says most. With several queues, the error
 * gives the one that says most.
 */
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

/** No reply came after all tries. The message says why, as far as known. */
export class NoReplyError extends Error {
  /** The class's name. */
  override readonly name = "NoReplyError";
  /** A stable code for programs. */
  readonly code = "NO_REPLY";
  /**
   * Why, as a stable code for programs. With several queues, the reason of the queue with which the client got
   * furthest.
   */
  readonly reason: NoReplyReason;

  /**
   * Makes the error.
   *
   * @param message What happened, as a sentence.
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
  /** The reason as a phrase that can follow a colon. */
  readonly text: string;
}

/** Collects why a request got no reply, for the final error. */
export class NoReplyCauses {
  readonly #endpoints: readonly string[];
  /** The last cause of each queue, by the index of its endpoint. */
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
   * @param tries The number of tries.
   * @param timeoutMs How long each try waited, in milliseconds.
   */
  error(tries: number, timeoutMs: number): NoReplyError {
    const after = `after ${tries} ${tries === 1 ? "try" : "tries"} of ${timeoutMs} ms`;
    const causes = [...this.#causes].map(([index, cause]) => ({ ...cause, endpoint: `"${this.#endpoints[index]}"` }));
    const reason = REASONS.findLast((reason) => causes.some((cause) => cause.reason === reason)) ?? "NO_ANSWER";
    if (causes.length === 0) {
      const queues = this.#endpoints.map((endpoint) => `"${endpoint}"`).join(", ");
      const text = "the time was over before the client could connect; give each try a longer timeout";
      return new NoReplyError(`No reply from ${queues} ${after}: ${text}`, reason);
    }
    const texts = new Set(causes.map(({ text }) => text));
    // Each reason appears once.
    const sentence = texts.size === 1
      ? `No reply from ${causes.map(({ endpoint }) => endpoint).join(", ")} ${after}: ${[...texts][0]}`
      : `No reply ${after}: ${causes.map(({ endpoint, text }) => `${endpoint}: ${text}`).join("; ")}`;
    return new NoReplyError(sentence, reason);
  }
}
