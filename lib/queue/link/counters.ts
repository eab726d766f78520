/**
 * What a link counts, and what it tells of one moment. Pure.
 *
 * @module
 */

/**
 * What happened since the start. At any time `borrowed` is the sum of the next six and the attempts that other queues have,
 * and `lent` is the sum of the four behind it and the loans that run.
 */
export interface LinkCounters {
  /** Attempts: requests that were sent to other queues. */
  borrowed: number;
  /** Answered there. */
  borrowedAnswered: number;
  /** Refused there: no worker was idle after all. */
  borrowedRefused: number;
  /**
   * Returned since the worker there left in an orderly way or did not answer a trial in time, or its queue's time for draining
   * was over; or no longer wanted since another worker, which had the request before, answered it.
   */
  borrowedExcused: number;
  /** Lost with the worker there, with the queue, or on the way. */
  borrowedLost: number;
  /** Taken back after the job timeout. */
  borrowedTimedOut: number;
  /** Given up at the end of a drain. */
  borrowedLeftAtDrain: number;
  /** Requests of other queues that came. */
  lent: number;
  /** Answered by a worker. */
  lentAnswered: number;
  /** Refused: no worker was idle. */
  lentRefused: number;
  /**
   * Returned since the worker left in an orderly way or did not answer a trial in time, or this queue's time for draining was
   * over.
   */
  lentExcused: number;
  /** Lost with the worker. */
  lentLost: number;
  /** What became of other queues' requests, and could not be sent. Those queues send them again. */
  unsentLoanReplies: number;
  /** Messages about attempts that had ended. */
  lateRemoteReplies: number;
  /** Messages that were dropped because they are none of a queue, or say what cannot be. */
  malformedLinkMessages: number;
}

/** Another queue. */
export interface LinkedQueue {
  /** Its name for itself, random for each start. */
  readonly id: string;
  /** Where its clients connect. */
  readonly address: string;
  /** Its workers. */
  readonly workers: number;
  /** How many of its requests it wants others to serve. */
  readonly wanted: number;
  /** How many of its requests run here. */
  readonly lent: number;
  /** How many requests of this queue are there. */
  readonly borrowed: number;
}

/** What a link tells of one moment. */
export interface LinkSnapshot {
  /** The NATS server, while it is connected. */
  readonly server: string | null;
  /** The other queues. */
  readonly queues: readonly LinkedQueue[];
  /** What happened since the start. */
  readonly counters: Readonly<LinkCounters>;
}

/** Counters that have counted nothing. */
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
