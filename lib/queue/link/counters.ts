/**
 * A link's counters and snapshots.
 *
 * @module
 */

/**
 * What happened since the start. `borrowed` is always the sum of the next six counters plus the attempts that other queues
 * have, and `lent` is the sum of the four counters after it plus the running loans.
 */
export interface LinkCounters {
  /** Attempts: requests that were sent to other queues. */
  borrowed: number;
  /** Answered there. */
  borrowedAnswered: number;
  /** Refused there: no worker was idle after all. */
  borrowedRefused: number;
  /**
   * Returned because the worker there left in an orderly way or did not answer a trial in time, or because its queue's drain
   * timeout was over; or no longer needed because another worker, which had the request before, answered it.
   */
  borrowedExcused: number;
  /** Lost with the worker there, with the queue, or on the way. */
  borrowedLost: number;
  /** Taken back after the job timeout. */
  borrowedTimedOut: number;
  /** Given up at the end of a drain. */
  borrowedLeftAtDrain: number;
  /** Requests that arrived from other queues. */
  lent: number;
  /** Answered by a worker. */
  lentAnswered: number;
  /** Refused: no worker was idle. */
  lentRefused: number;
  /**
   * Returned because the worker left in an orderly way or did not answer a trial in time, or because this queue's drain
   * timeout was over.
   */
  lentExcused: number;
  /** Lost with the worker. */
  lentLost: number;
  /** Results of other queues' requests that could not be sent. Those queues send the requests again. */
  unsentLoanReplies: number;
  /** Messages about attempts that had ended. */
  lateRemoteReplies: number;
  /** Messages that were dropped because they were not a queue's, or were impossible. */
  malformedLinkMessages: number;
}

/** Another queue. */
export interface LinkedQueue {
  /** Its identifier, random for each start. */
  readonly id: string;
  /** Where its clients connect. */
  readonly address: string;
  /** Its workers. */
  readonly workers: number;
  /** How many of its requests it wants others to serve. */
  readonly wanted: number;
  /** How many of its requests run here. */
  readonly lent: number;
  /** How many of this queue's requests run there. */
  readonly borrowed: number;
}

/** A snapshot of a link. */
export interface LinkSnapshot {
  /** The NATS server; `null` while there is no connection. */
  readonly server: string | null;
  /** The other queues. */
  readonly queues: readonly LinkedQueue[];
  /** What happened since the start. */
  readonly counters: Readonly<LinkCounters>;
}

/** Counters that are all 0. */
export function zeroLinkCounters(): LinkCounters {
  return {
    borrowed: 0,
    borrowedAnswered: 0,
    borrowedRefused: 0,
    borrowedExcused: 0,
    borrowedLost: 0,
    borrowedTimedOut: 0,
    borrowedLeftAtDrain: 0,
    lent: 0,
    lentAnswered: 0,
    lentRefused: 0,
    lentExcused: 0,
    lentLost: 0,
    unsentLoanReplies: 0,
    lateRemoteReplies: 0,
    malformedLinkMessages: 0,
  };
}
