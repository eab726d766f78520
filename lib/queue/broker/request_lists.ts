/**
 * The states of a request, and the list that holds the requests of each state. This table says what can happen to a request:
 *
 * ```text
 * state      kept in           entered by                    due at                then            other ways out
 * ---------  ----------------  ----------------------------  --------------------  --------------  --------------------
 * waiting    the backlog, in   acceptance; the end of a      see below             on trial        in flight: a worker
 *            the order of      delay or a trial; a loss                                            is idle
 *            service           that does not count, or the                                         ended: its client
 *                              first that does                                                     left, or a late
 *                                                                                                  reply came
 *
 * delayed    a list, first     the second or a further loss  250 ms after the      waiting,        ended: a late reply
 *            due first         that counts                   second loss, 1 s      before all new  came
 *                                                            after a further one   ones
 *
 * in flight  a list, first     dispatch to an idle worker    the job timeout, if   its worker is   ended: the reply
 *            sent first                                      there is one          hung: a loss    came
 *                                                                                                  a loss
 *
 * on trial   a list, first     dispatch to a silent worker   5 s after that        waiting,        ended: the reply
 *            sent first                                                            before all new  came
 *                                                                                  ones            a loss, which does
 *                                                                                                  not count
 *
 * remote     a list, first     dispatch to another queue     the job timeout, if   a loss          ended: the reply
 *            sent first        that has a worker to lend     there is one                          came
 *                                                                                                  a loss
 *                                                                                                  waiting: refused
 *
 * on loan    a list, first     dispatch of another queue's   the job timeout, if   its worker is   ended: the reply
 *            sent first        request to an idle worker     there is one          hung: a loss    came
 *                                                                                                  a loss
 *
 * ended      nowhere           what the counters say         never
 * ```
 *
 * - A *loss*: the connection of the worker that has the request ends, or that worker sends anything but the reply. A loss
 *   does not count if the worker made an orderly exit, or if it shows that the worker may have dropped the request unread. A
 *   loss ends the request if its client has left or if it has reached its limit of losses that count.
 * - A *late reply* comes from a worker that had the request on trial, or may have dropped it unread.
 * - The job of a request in flight is *slow* once it takes longer than the option `slowJob` says. That is only reported.
 * - When a request of another queue is lost, or its trial is over, it ends here, and that queue sends it again. A late reply
 *   also goes to that queue.
 * - A waiting request is due for a trial when a worker has been silent for long enough and none is idle. That also depends
 *   on workers, so the broker decides it.
 * - If its client leaves while a request is delayed or on trial, it ends when it is due, instead of waiting again.
 * - When the drain timeout is over, all requests end.
 *
 * @module
 */

import { Backlog, type ClientShare } from "./backlog.ts";
import { LinkedList } from "../../linked_list.ts";
import { type ClientConnection, QueuedRequest, type RequestState, type WorkerConnection } from "./records.ts";

/** How long a worker that has not said READY may take to reply before its request is offered to another worker as well. */
const TRIAL_TIMEOUT_MS = 5000;

/** What {@linkcode RequestLists} need. */
export interface RequestListsOptions {
  /** How much one connection may have waiting before it is served last. */
  readonly share: ClientShare;
  /** How long a request may be in flight; `Infinity`: no limit. */
  readonly jobTimeoutMs: number;
  /** How long a request may be in flight before its job counts as slow; `Infinity`: never. */
  readonly slowJobMs: number;
}

/** The fields that only {@linkcode RequestLists} writes. */
type Placed<F> = { -readonly [Name in "state" | "holder" | "sentAtMs" | "delayedUntilMs"]: QueuedRequest<F>[Name] };

/** All requests that have not ended, each in one state. */
export class RequestLists<F> {
  readonly #jobTimeoutMs: number;
  readonly #slowJobMs: number;
  readonly #backlog: Backlog<F>;
  readonly #delayed = new LinkedList<QueuedRequest<F>>();
  readonly #inFlight = new LinkedList<QueuedRequest<F>>();
  readonly #onTrial = new LinkedList<QueuedRequest<F>>();
  readonly #remote = new LinkedList<QueuedRequest<F>>();
  readonly #onLoan = new LinkedList<QueuedRequest<F>>();
  /** How many requests on trial are other queues'. */
  #loansOnTrial = 0;
  /**
   * The first request in flight whose job has not been reported as slow. Those before it have been, those after it have not.
   */
  #firstNotSlow: QueuedRequest<F> | null = null;
  #sequence = 0;
  /** The sequence number of the first request that was accepted after {@linkcode RequestLists.startDraining}. */
  #firstNewcomer = Infinity;
  #pendingBytes = 0;
  /** The sum of the times at which the requests that workers have were sent. */
  #sentAtSumMs = 0;

  /** @param options What they need. */
  constructor({ share, jobTimeoutMs, slowJobMs }: RequestListsOptions) {
    this.#jobTimeoutMs = jobTimeoutMs;
    this.#slowJobMs = slowJobMs;
    this.#backlog = new Backlog(share);
  }

  /** How many requests wait for a worker. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** How many requests are delayed. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** How many requests are in flight. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** How many requests are on trial, without those of other queues. */
  get onTrial(): number {
    return this.#onTrial.size - this.#loansOnTrial;
  }

  /** How many requests other queues have. */
  get remote(): number {
    return this.#remote.size;
  }

  /** How many requests of other queues workers have. */
  get onLoan(): number {
    return this.#onLoan.size + this.#loansOnTrial;
  }

  /** How many requests have not ended. */
  get pending(): number {
    return this.#backlog.size + this.#delayed.size + this.#inFlight.size + this.#onTrial.size + this.#remote.size +
      this.#onLoan.size;
  }

  /** The bytes that the pending requests count for. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether the newest connection is served first. */
  get newestFirst(): boolean {
    return this.#backlog.newestFirst;
  }

  /** Changes the order between connections. */
  setNewestFirst(newestFirst: boolean): void {
    this.#backlog.setNewestFirst(newestFirst);
  }

  /**
   * Makes a new request, which is in no list until it is sent or waits.
   *
   * @param client The connection that sent it.
   * @param frames The frames behind the client's identity.
   * @param bytes The bytes that it counts for.
   * @param now The time.
   */
  accept(client: ClientConnection<F>, frames: readonly F[], bytes: number, now: number): QueuedRequest<F> {
    client.pending++;
    client.accepted++;
    this.#pendingBytes += bytes;
    return new QueuedRequest(this.#sequence++, client, frames, bytes, now);
  }

  /** A new request waits for a worker, behind all others of its connection. */
  wait(request: QueuedRequest<F>): void {
    this.#enter(request, "waiting");
    this.#backlog.add(request);
  }

  /** A request waits for a worker again, ahead of all new ones. */
  waitAgain(request: QueuedRequest<F>): void {
    this.#enter(request, "waiting");
    this.#backlog.addRedelivery(request);
  }

  /** A request is not sent again before the given time. */
  delay(request: QueuedRequest<F>, untilMs: number): void {
    this.#enter(request, "delayed");
    const placed: Placed<F> = request;
    placed.delayedUntilMs = untilMs;
    request.client.redeliveries++;
    // Delays differ: one that began later may end earlier.
    let place = this.#delayed.last;
    while (place !== null && place.delayedUntilMs > untilMs) place = place.previous;
    this.#delayed.insertAfter(place, request);
  }

  /** A request was sent to a worker, or to another queue. */
  send(
    request: QueuedRequest<F>,
    worker: WorkerConnection<F>,
    state: "in flight" | "on trial" | "remote" | "on loan",
    now: number,
  ): void {
    this.#enter(request, state);
    const placed: Placed<F> = request;
    placed.holder = worker;
    placed.sentAtMs = now;
    switch (state) {
      case "in flight":
        this.#inFlight.append(request);
        this.#firstNotSlow ??= request;
        break;
      case "on trial":
        this.#onTrial.append(request);
        if (request.client.loan !== null) this.#loansOnTrial++;
        break;
      case "remote":
        this.#remote.append(request);
        return;
      case "on loan":
        this.#onLoan.append(request);
    }
    this.#sentAtSumMs += now;
  }

  /** A request ends. */
  end(request: QueuedRequest<F>): void {
    this.#enter(request, "ended");
    request.client.pending--;
    this.#pendingBytes -= request.bytes;
  }

  /** Removes and returns the request that is served next. It must be sent, or wait again, before anything else happens. */
  takeNext(): QueuedRequest<F> | null {
    return this.#backlog.take();
  }

  /** The request that has waited longest among those that are served first, or `null`. */
  get longestWaiting(): QueuedRequest<F> | null {
    return this.#backlog.oldest;
  }

  /** When the oldest waiting request arrived, or `null`. */
  get waitingSinceMs(): number | null {
    return this.#backlog.firstArrived?.arrivedAtMs ?? null;
  }

  /** When the request that a worker has had longest was sent, or `null`. */
  get sentSinceMs(): number | null {
    const firsts = [this.#inFlight.first, this.#onTrial.first, this.#onLoan.first];
    const sentAtMs = Math.min(...firsts.map((request) => request?.sentAtMs ?? Infinity));
    return sentAtMs === Infinity ? null : sentAtMs;
  }

  /** Requests that are accepted from now on are newcomers. */
  startDraining(): void {
    this.#firstNewcomer = this.#sequence;
  }

  /** When the first-sent request that is not a newcomer was sent to a worker or queue; `null` if there is none. */
  get olderSentSinceMs(): number | null {
    let sinceMs = Infinity;
    for (const list of [this.#inFlight, this.#remote, this.#onLoan]) {
      let request = list.first;
      while (request !== null && request.sequence >= this.#firstNewcomer) request = request.next;
      if (request !== null) sinceMs = Math.min(sinceMs, request.sentAtMs);
    }
    return sinceMs === Infinity ? null : sinceMs;
  }

  /** The ages of all running jobs, added up. */
  runningMs(now: number): number {
    return (this.#inFlight.size + this.#onTrial.size + this.#onLoan.size) * now - this.#sentAtSumMs;
  }

  /** The requests that workers have: those in flight, then those on trial, then those on loan; each in the order of sending. */
  *sent(): IterableIterator<QueuedRequest<F>> {
    yield* this.#inFlight;
    yield* this.#onTrial;
    yield* this.#onLoan;
  }

  /**
   * The oldest waiting requests, oldest first: redeliveries, and of each connection the oldest request that no worker has
   * had.
   *
   * @param limit The most to return.
   */
  oldestWaiting(limit: number): QueuedRequest<F>[] {
    return this.#backlog.oldestOfConnections(limit);
  }

  /** The waiting requests of a connection. The loop's body may remove the current one. */
  *waitingOf(client: ClientConnection<F>): IterableIterator<QueuedRequest<F>> {
    yield* this.#backlog.redeliveriesOf(client);
    yield* client.waiting;
  }

  /** A request that has not ended, or `null`. */
  get first(): QueuedRequest<F> | null {
    return this.#inFlight.first ?? this.#onTrial.first ?? this.#remote.first ?? this.#onLoan.first ??
      this.#delayed.first ??
      this.#backlog.oldest;
  }

  /** A request that is due by now, or `null`. It must be moved to another state before the next one is asked for. */
  due(now: number): QueuedRequest<F> | null {
    if (now < this.nextDueAtMs) return null;
    const firsts = [
      this.#delayed.first,
      this.#inFlight.first,
      this.#onTrial.first,
      this.#remote.first,
      this.#onLoan.first,
    ];
    return firsts.find((request) => request !== null && this.#dueAtMs(request) <= now) ?? null;
  }

  /** A request whose job has become slow and that has not been returned before, or `null`. */
  takeSlow(now: number): QueuedRequest<F> | null {
    const request = this.#firstNotSlow;
    if (request === null || request.sentAtMs + this.#slowJobMs > now) return null;
    this.#firstNotSlow = request.next;
    return request;
  }

  /** When the next request is due or the next job becomes slow; `Infinity` if never. */
  get nextDueAtMs(): number {
    const { first: delayed } = this.#delayed;
    const { first: inFlight } = this.#inFlight;
    const { first: onTrial } = this.#onTrial;
    const { first: remote } = this.#remote;
    const { first: onLoan } = this.#onLoan;
    let dueAtMs = Infinity;
    if (delayed !== null) dueAtMs = this.#dueAtMs(delayed);
    if (this.#jobTimeoutMs < Infinity) {
      if (inFlight !== null) dueAtMs = Math.min(dueAtMs, this.#dueAtMs(inFlight));
      if (remote !== null) dueAtMs = Math.min(dueAtMs, this.#dueAtMs(remote));
      if (onLoan !== null) dueAtMs = Math.min(dueAtMs, this.#dueAtMs(onLoan));
    }
    if (onTrial !== null) dueAtMs = Math.min(dueAtMs, this.#dueAtMs(onTrial));
    if (this.#firstNotSlow !== null) dueAtMs = Math.min(dueAtMs, this.#firstNotSlow.sentAtMs + this.#slowJobMs);
    return dueAtMs;
  }

  /** When a request's state ends by itself. Every list except the backlog is sorted by this. */
  #dueAtMs(request: QueuedRequest<F>): number {
    switch (request.state) {
      case "delayed":
        return request.delayedUntilMs;
      case "in flight":
      case "remote":
      case "on loan":
        return request.sentAtMs + this.#jobTimeoutMs;
      case "on trial":
        return request.sentAtMs + TRIAL_TIMEOUT_MS;
      default:
        return Infinity;
    }
  }

  /** Moves a request from its state to another. */
  #enter(request: QueuedRequest<F>, state: RequestState): void {
    this.#leave(request);
    const placed: Placed<F> = request;
    placed.state = state;
  }

  #leave(request: QueuedRequest<F>): void {
    switch (request.state) {
      case "waiting":
        // A request that is new, or was taken to be sent, is in no list.
        if (request.list !== null) this.#backlog.remove(request);
        return;
      case "delayed":
        this.#delayed.remove(request);
        request.client.redeliveries--;
        return;
      case "in flight":
        if (this.#firstNotSlow === request) this.#firstNotSlow = request.next;
        this.#inFlight.remove(request);
        break;
      case "on trial":
        this.#onTrial.remove(request);
        if (request.client.loan !== null) this.#loansOnTrial--;
        break;
      case "remote":
        this.#remote.remove(request);
        (request as Placed<F>).holder = null;
        return;
      case "on loan":
        this.#onLoan.remove(request);
        break;
      case "ended":
        throw new Error("Cannot move a request that has ended");
    }
    this.#sentAtSumMs -= request.sentAtMs;
    const placed: Placed<F> = request;
    placed.holder = null;
  }
}
