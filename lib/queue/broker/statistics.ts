/**
 * The queue's counters and gauges.
 *
 * @module
 */

/**
 * What happened since the start. Every accepted request ends in exactly one of five ways, each with a counter, so `accepted`
 * is always their sum plus the number of pending requests.
 */
export interface BrokerCounters {
  /** Requests that were accepted. */
  accepted: number;
  /** Ended: the reply was handed to libzmq for its client. */
  answered: number;
  /** Ended: its client left before the reply. */
  clientLeft: number;
  /** Ended: its client does not read, and its pipe is full. */
  clientBlocked: number;
  /** Ended: it reached its limit of redeliveries. */
  exhausted: number;
  /** Ended: it was still pending when the drain timeout was over. */
  leftAtDrain: number;
  /** Requests that were refused because the backlog was full. */
  refusedFull: number;
  /** Requests that were refused because the queue was draining. */
  refusedDraining: number;
  /** Times that a request was taken back from a lost worker and this counted against its limit. */
  redeliveries: number;
  /**
   * Times that a request was taken back from a worker that ended right after answering another. These do not count against
   * the limit.
   */
  orderlyExits: number;
  /** Jobs that were taken from their workers when the job timeout was over. */
  jobTimeouts: number;
  /** Times that a request was sent on trial, to a worker that had not said READY. */
  trials: number;
  /** Times that a worker could not be sent a request, because it could not be reached or its pipe was full. */
  skippedWorkers: number;
  /** READY messages. */
  ready: number;
  /** READY messages from workers that were already idle. */
  repeatedReady: number;
  /** Replies that were dropped because their request had ended, or had been taken from that worker. */
  lateReplies: number;
  /** Replies that were dropped because the worker had another request, or none. */
  unmatchedReplies: number;
  /** Messages from workers that were dropped because they were neither READY nor a reply. */
  malformedMessages: number;
  /** Replies whose clients had left; their requests count as `clientLeft`. */
  undeliverableReplies: number;
  /** Known clients that left, or whose identity another connection took over. */
  departures: number;
}

/** The ways in which a request ends. */
export type Ending = "answered" | "clientLeft" | "clientBlocked" | "exhausted" | "leftAtDrain";

/** The queue's gauges at one moment. */
export interface BrokerGauges {
  /** Requests that wait for a worker. */
  readonly waiting: number;
  /** Requests whose worker was lost and that wait for the delay before their redelivery. */
  readonly delayed: number;
  /** Requests that a worker has. */
  readonly inFlight: number;
  /** Requests that were sent on trial to a worker that had not said READY. */
  readonly onTrial: number;
  /** Requests that other queues have. */
  readonly remote: number;
  /** Requests of other queues that workers have. */
  readonly onLoan: number;
  /** The bytes that all of these requests count for. */
  readonly pendingBytes: number;
  /** Connections at the backend. */
  readonly workers: number;
  /** Workers that are idle. */
  readonly idleWorkers: number;
  /** Connections at the frontend that have sent a request. */
  readonly clients: number;
  /** Whether the newest connection is served first. */
  readonly newestFirst: boolean;
}

/** Counters that are all 0. */
export function zeroCounters(): BrokerCounters {
  return {
    accepted: 0,
    answered: 0,
    clientLeft: 0,
    clientBlocked: 0,
    exhausted: 0,
    leftAtDrain: 0,
    refusedFull: 0,
    refusedDraining: 0,
    redeliveries: 0,
    orderlyExits: 0,
    jobTimeouts: 0,
    trials: 0,
    skippedWorkers: 0,
    ready: 0,
    repeatedReady: 0,
    lateReplies: 0,
    unmatchedReplies: 0,
    malformedMessages: 0,
    undeliverableReplies: 0,
    departures: 0,
  };
}
