/**
 * The interfaces between the broker and the link to other queues. The broker knows no protocols. To it, a queue that lends
 * workers is one more place to which a waiting request can be sent. A request of another queue is a *loan*: it goes to an
 * idle worker at once, or nowhere.
 *
 * @module
 */

/** A request as it is sent to another queue. The link identifies it by the object. */
export interface RemoteRequest<F> {
  /** All frames behind the client's identity; they stay the broker's. */
  readonly frames: readonly F[];
  /** The bytes that it counts for in the backlog's limit. */
  readonly bytes: number;
}

/**
 * What became of a request at another queue, if there is no reply. It was *refused*: no worker was idle after all. It is
 * *excused*: the worker, or its queue, left in an orderly way. It is *unconfirmed*: the worker may have dropped it unread,
 * for instance because it did not answer a trial in time; a reply still counts. Or it is *lost*, with its worker or with the
 * queue.
 */
export type RemoteReturn = "refused" | "excused" | "unconfirmed" | "lost";

/** What became of a loan, if there is no reply. */
export type LoanReturn = Exclude<RemoteReturn, "refused">;

/** Why a queue no longer waits for a request that another queue has. */
export type ForgetReason = "timed out" | "answered elsewhere" | "left at drain";

/** A request of another queue. The link identifies it by the object. */
export interface Loan {
  /** The queue that it is from. */
  readonly origin: string;
}

/** The link, as the broker uses it. */
export interface LenderPort<F> {
  /** Whether another queue has a worker to lend. */
  readonly hasCredit: boolean;
  /**
   * Sends a request to another queue.
   *
   * @param request The request.
   * @param now The time.
   * @returns The queue that has it now, or `null` if it was not sent.
   */
  send(request: RemoteRequest<F>, now: number): string | null;
  /** A request that another queue has no longer needs that queue's reply. */
  forget(request: RemoteRequest<F>, why: ForgetReason): void;
  /**
   * A worker answered a loan, which may have been returned as unconfirmed before.
   *
   * @param loan The loan.
   * @param frames The worker's message; the link may take frames out of it.
   * @param start The index of the first frame for the client.
   */
  loanAnswered(loan: Loan, frames: readonly F[], start: number): void;
  /** A loan ended without a reply. */
  loanReturned(loan: Loan, how: LoanReturn): void;
}

/** The broker, as the link uses it. */
export interface LendingBroker<F> {
  /** Requests that wait for a worker. */
  readonly waiting: number;
  /** Connections at the backend. */
  readonly workers: number;
  /** Whether no worker is idle, busy or on trial. */
  readonly isWithoutWorkers: boolean;
  /** Whether idle workers may be lent: nothing waits for them, and the queue is neither paused nor draining. */
  readonly lendsIdle: boolean;
  /** Whether nothing may be lent at all: the queue is paused or draining. */
  readonly lendsNothing: boolean;
  /** Workers that are idle. */
  readonly idle: number;
  /** How many requests of its own clients the queue has sent to workers. */
  readonly dispatched: number;
  /** Whether waiting requests may go to other queues: the oldest has waited for a moment, or there is no worker. */
  mayBorrow(now: number): boolean;
  /** Keeps this many idle workers for loans, so that waiting requests do not get them. */
  reserve(workers: number): void;
  /**
   * Gives a loan to an idle worker.
   *
   * @param loan The loan.
   * @param frames The request's frames.
   * @param now The time.
   * @returns Whether a worker has it. If so, the broker owns the frames.
   */
  lend(loan: Loan, frames: readonly F[], now: number): boolean;
  /**
   * When a silent worker may be lent because none is idle: it may be free without having said READY.
   *
   * @param wantedSinceMs Since when another queue wants a worker.
   * @returns The time; `Infinity` if there is no silent worker, or nothing may be lent.
   */
  trialDueAtMs(wantedSinceMs: number): number;
  /**
   * Like {@linkcode LendingBroker.lend}, but to the worker that has been silent longest. If it does not answer within five
   * seconds, the loan is returned as unconfirmed.
   */
  lendOnTrial(loan: Loan, frames: readonly F[], now: number): boolean;
  /**
   * Another queue sent the reply to a request. It may have returned the request as unconfirmed before.
   *
   * @param request The request.
   * @param frames A message; the broker may take frames out of it.
   * @param start The index of the first frame for the client.
   * @param now The time.
   * @returns Whether the reply counts; `false` if the request has ended.
   */
  remoteAnswered(request: RemoteRequest<F>, frames: readonly F[], start: number, now: number): boolean;
  /** A request came back from another queue without a reply. */
  remoteReturned(request: RemoteRequest<F>, how: RemoteReturn, now: number): void;
}
