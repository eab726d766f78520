/**
 * The queue's decisions: which request goes to which worker, what counts as its reply, what happens when either side
 * leaves. No sockets, no clock, no randomness: events come in with the time, and what is to be done goes out through
 * {@linkcode BrokerOutput}.
 *
 * Every accepted request ends in exactly one of the ways that {@linkcode BrokerCounters} counts.
 *
 * @module
 */

import { Backlog } from "./backlog.ts";
import { LinkedList } from "../../linked_list.ts";
import { type FrameReader, LruQueue, splitWorkerMessage } from "../../lru.ts";
import { Median } from "./median.ts";
import { type BrokerConfig, FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "./options.ts";
import type { BrokerOutput, SendOutcome } from "./output.ts";
import { Overload } from "./overload.ts";
import { ClientConnection, QueuedRequest, WorkerConnection } from "./records.ts";
import { type BrokerCounters, type BrokerGauges, type Ending, zeroCounters } from "./statistics.ts";

/** The pauses before a request's first, second and every further redelivery. */
const REDELIVERY_PAUSES_MS = [0, 250, 1000];
/** A worker that answered and ended within this time of the next dispatch was leaving anyway ... */
const ORDERLY_EXIT_MS = 50;
/** ... unless the answer was longer ago: it had stayed until it got this request. */
const LEAVING_MS = 1000;
const MAX_ORDERLY_EXITS = 10;
/**
 * A worker that has not said READY is tried when it has been silent for this long, and when the request has waited, or no
 * worker has been free, for as long: until then it may still say READY, or another be free.
 */
const TRIAL_AFTER_MS = 1000;
/** How long such a worker may take before the request is offered to the next one too. */
const TRIAL_TIMEOUT_MS = 5000;
const REPORT_INTERVAL_MS = 60_000;
/** The longest READY of the Guide's examples: two empty frames before the byte 0x01, in Haskell. */
const MAX_READY_FRAMES = 3;
/** ZeroMQ's bound. */
const MAX_IDENTITY_BYTES = 255;
/** The time of a job where ends of connections go unnoticed and none is set: else requests of lost workers stay for ever. */
const UNNOTICED_JOB_TIMEOUT_MS = 3_600_000;

/** What a {@linkcode Broker} needs. */
export interface BrokerParts<F> {
  /** Reads frames. */
  readonly reader: FrameReader<F>;
  /** Does what is decided. */
  readonly output: BrokerOutput<F>;
  /** How it decides. */
  readonly config: BrokerConfig;
}

/** The queue's state and decisions; see the module. Times are milliseconds of any clock that never goes back. */
export class Broker<F> {
  /** What happened since the start. */
  readonly counters: BrokerCounters = zeroCounters();
  readonly #reader: FrameReader<F>;
  readonly #output: BrokerOutput<F>;
  readonly #config: BrokerConfig;
  /** How long a job may take; 0: for ever. */
  readonly #jobTimeoutMs: number;
  readonly #workers = new Map<string, WorkerConnection<F>>();
  readonly #clients = new Map<string, ClientConnection<F>>();
  readonly #idle = new LruQueue<WorkerConnection<F>>();
  /** Workers that connected and have said nothing, in that order. */
  readonly #silent = new LinkedList<WorkerConnection<F>>();
  readonly #backlog: Backlog<F>;
  /** In the order in which they are due. */
  readonly #delayed = new LinkedList<QueuedRequest<F>>();
  /** In the order in which they were sent. */
  readonly #inFlight = new LinkedList<QueuedRequest<F>>();
  /** In the order in which they were sent. */
  readonly #onTrial = new LinkedList<QueuedRequest<F>>();
  #sequence = 0;
  /** When a request was sent to a worker that was ready. */
  #dispatchedAtMs = -Infinity;
  #pendingBytes = 0;
  readonly #overload = new Overload();
  #isDraining = false;
  readonly #jobMs = new Median(1024);
  #minuteSinceMs = 0;
  #minuteReplies = 0;
  #minuteUndeliverable = 0;

  /** @param parts What it needs. */
  constructor(parts: BrokerParts<F>) {
    this.#reader = parts.reader;
    this.#output = parts.output;
    this.#config = parts.config;
    const { clientShare, jobTimeout, knowsDepartures, maxBacklog, maxBacklogBytes } = parts.config;
    this.#jobTimeoutMs = jobTimeout || (knowsDepartures ? 0 : UNNOTICED_JOB_TIMEOUT_MS);
    this.#backlog = new Backlog({ requests: maxBacklog * clientShare, bytes: maxBacklogBytes * clientShare });
  }

  /** What there is now. */
  get gauges(): BrokerGauges {
    return {
      waiting: this.#backlog.size,
      delayed: this.#delayed.size,
      inFlight: this.#inFlight.size,
      onTrial: this.#onTrial.size,
      pendingBytes: this.#pendingBytes,
      workers: this.#workers.size,
      idleWorkers: this.#idle.size,
      clients: this.#clients.size,
      newestFirst: this.#backlog.newestFirst,
    };
  }

  /** Requests that have not ended. */
  get pending(): number {
    return this.#backlog.size + this.#delayed.size + this.#inFlight.size + this.#onTrial.size;
  }

  /** Whether the backlog is at its bound, so that the frontend is not to be read. */
  get isFull(): boolean {
    return this.pending >= this.#config.maxBacklog || this.#pendingBytes >= this.#config.maxBacklogBytes;
  }

  /**
   * A request came in.
   *
   * @param identity The client's.
   * @param frames All frames behind it, such as `["", ...body]`.
   * @param now The time.
   * @returns Whether it was accepted: then the frames are the broker's.
   */
  receiveRequest(identity: string, frames: readonly F[], now: number): boolean {
    if (this.#isDraining) {
      this.counters.refusedDraining++;
      this.#output.report({ event: "request refused", reason: "draining" });
      return false;
    }
    let client = this.#clients.get(identity);
    if (this.isFull && !this.#mayExceed(client)) {
      this.counters.refusedFull++;
      this.#output.report({ event: "request refused", reason: "backlog full" });
      return false;
    }
    if (client === undefined) {
      client = new ClientConnection(identity);
      this.#clients.set(identity, client);
    }
    let bytes = REQUEST_OVERHEAD_BYTES;
    for (const frame of frames) bytes += FRAME_OVERHEAD_BYTES + this.#reader.size(frame);
    const request = new QueuedRequest(this.#sequence++, client, frames, bytes, now);
    client.pending++;
    this.#pendingBytes += bytes;
    this.counters.accepted++;
    if (frames.length <= MAX_READY_FRAMES && splitWorkerMessage(frames, this.#reader).kind === "ready") {
      this.#output.report({ event: "ready at the frontend", client: identity });
    }
    if (this.#backlog.size > 0 || !this.#sendToIdleWorker(request, now)) {
      this.#backlog.add(request);
    }
    return true;
  }

  /**
   * Whether a client's request may be taken over the bound. At the bound the frontend is read for departures, and a first
   * request that lies before one must not be lost, since its client may stay; but where departures end no request there
   * would be no end of such.
   */
  #mayExceed(client: ClientConnection<F> | undefined): boolean {
    if (this.#config.keepOrphans) return false;
    return client === undefined || client.waiting.size + client.redeliveries === 0;
  }

  /**
   * A client connected. For an identity that is known this is a new connection in place of the old one, which has ended
   * without a further word.
   */
  clientConnected(identity: string, now: number): void {
    this.clientGone(identity, now);
  }

  /** A client's connection ended. */
  clientGone(identity: string, now: number): void {
    const client = this.#clients.get(identity);
    if (client === undefined) return;
    this.counters.departures++;
    this.#clients.delete(identity);
    client.isGone = true;
    if (this.#config.keepOrphans) return;
    if (client.waiting.first !== null) this.#overload.waitingClientLeft(now - client.waiting.first.arrivedAtMs, now);
    for (const request of this.#backlog.redeliveriesOf(client)) this.#dropWaiting(request);
    for (const request of client.waiting) this.#dropWaiting(request);
    this.#chooseOrder(now);
  }

  /** A worker connected; one that is known has a new connection, and is no longer at what it was doing. */
  workerConnected(identity: string, now: number): void {
    this.workerGone(identity, now);
    const worker = new WorkerConnection<F>(identity);
    worker.connectedAtMs = now;
    this.#workers.set(identity, worker);
    this.#silent.append(worker);
  }

  /** A worker's connection ended; its request goes to another one. */
  workerGone(identity: string, now: number): void {
    const worker = this.#workers.get(identity);
    if (worker === undefined) return;
    this.#workers.delete(identity);
    this.#leaveList(worker);
    const request = this.#takeFrom(worker);
    if (request === null) return;
    const wasLeaving = worker.state === "busy" && now - request.sentAtMs <= ORDERLY_EXIT_MS &&
      now - worker.repliedAtMs <= LEAVING_MS;
    if (worker.state === "on trial" || (wasLeaving && request.orderlyExits < MAX_ORDERLY_EXITS)) {
      if (wasLeaving && !this.#isOrphan(request)) {
        request.orderlyExits++;
        request.workersMet.push(identity);
        this.counters.orderlyExits++;
      }
      this.#putBack(request);
    } else {
      this.#redeliver(request, worker, now);
    }
  }

  /**
   * A worker said something.
   *
   * @param identity The worker's.
   * @param frames All frames behind it; they stay the caller's.
   * @param now The time.
   */
  receiveFromWorker(identity: string, frames: readonly F[], now: number): void {
    const message = splitWorkerMessage(frames, this.#reader);
    let worker = this.#workers.get(identity);
    // What is longer than an identity can be is not even read: it may be as large as a message.
    const isTooLong = message.kind === "reply" && this.#reader.size(frames[message.client]!) > MAX_IDENTITY_BYTES;
    if (message.kind === "malformed" || isTooLong) {
      this.counters.malformedMessages++;
      this.#reportMalformed(identity, worker, frames);
      if (worker !== undefined && worker.state !== "idle") {
        this.#free(worker, now);
        this.#leaveList(worker);
        worker.state = "suspect";
      }
      return;
    }
    if (worker === undefined) {
      worker = new WorkerConnection(identity);
      this.#workers.set(identity, worker);
    }
    if (message.kind === "ready") {
      this.counters.ready++;
      if (worker.state === "idle") this.counters.repeatedReady++;
      this.#free(worker, now);
      worker.repliedAtMs = -Infinity;
      this.#makeIdle(worker);
      return;
    }
    this.#receiveReply(worker, this.#reader.text(frames[message.client]!), frames, message.client + 1, now);
  }

  /**
   * Does what is due by now.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    for (let request = this.#delayed.first; request !== null && request.dueAtMs <= now; request = this.#delayed.first) {
      this.#delayed.remove(request);
      request.client.redeliveries--;
      this.#putBack(request);
    }
    const jobTimeoutMs = this.#jobTimeoutMs;
    if (jobTimeoutMs > 0) {
      for (
        let request = this.#inFlight.first;
        request !== null && request.sentAtMs + jobTimeoutMs <= now;
        request = this.#inFlight.first
      ) this.#jobTimedOut(request, now);
    }
    for (
      let request = this.#onTrial.first;
      request !== null && request.sentAtMs + TRIAL_TIMEOUT_MS <= now;
      request = this.#onTrial.first
    ) {
      // The worker keeps the token: its answer is still welcome.
      this.#onTrial.remove(request);
      request.holder = null;
      this.#putBack(request);
    }
    this.dispatch(now);
    this.#startTrials(now);
    this.#closeMinute(now);
    return this.#msToNextDeadline(now);
  }

  /** Sends waiting requests to idle workers, as long as there are both. */
  dispatch(now: number): void {
    this.#chooseOrder(now);
    if (this.#backlog.size === 0) return;
    while (this.#idle.size > 0) {
      const request = this.#backlog.take();
      if (request === null) break;
      if (!this.#sendToIdleWorker(request, now)) {
        // Every worker had vanished. It was the next to be served, and stays so.
        this.#backlog.addRedelivery(request);
        break;
      }
    }
  }

  /** From now on requests are refused. */
  startDraining(): void {
    this.#isDraining = true;
  }

  /** Ends every request that is left. */
  abandon(): void {
    for (const list of [this.#inFlight, this.#onTrial, this.#delayed]) {
      for (let request = list.take(); request !== null; request = list.take()) this.#end(request, "leftAtDrain");
    }
    for (let request = this.#backlog.take(); request !== null; request = this.#backlog.take()) {
      this.#end(request, "leftAtDrain");
    }
  }

  /** Reports a message that is neither READY nor a reply. */
  #reportMalformed(identity: string, worker: WorkerConnection<F> | undefined, frames: readonly F[]): void {
    const hasSpoken = worker !== undefined && worker.state !== "silent";
    // As the most usual request looks.
    const isRequest = frames.length === 2 && this.#reader.size(frames[0]!) === 0 && this.#reader.size(frames[1]!) > 0;
    this.#output.report(
      isRequest && !hasSpoken
        ? { event: "request at the backend", client: identity }
        : { event: "malformed message", worker: identity },
    );
  }

  #receiveReply(worker: WorkerConnection<F>, client: string, frames: readonly F[], start: number, now: number): void {
    const { request } = worker;
    if (client === worker.token && worker.state !== "on trial") {
      this.#drop("late reply", worker);
      if (worker.state === "busy") this.#unconfirm(worker, now);
      return;
    }
    switch (worker.state) {
      case "busy":
        if (request !== null && client === request.client.identity) {
          this.#finish(worker, request, frames, start, now);
        } else {
          this.#drop("unmatched reply", worker);
          this.#free(worker, now);
        }
        break;
      case "on trial":
        if (request !== null && client === worker.token) {
          this.#finish(worker, request, frames, start, now);
        } else {
          // It was busy before it was tried, and has not seen that, or not yet.
          this.#free(worker, now);
          this.#finishUnconfirmed(worker, client, frames, start, now);
        }
        break;
      case "idle":
        this.#drop("unmatched reply", worker);
        return;
      default:
        this.#finishUnconfirmed(worker, client, frames, start, now);
    }
    worker.repliedAtMs = now;
    this.#makeIdle(worker);
  }

  /**
   * A busy worker answered what it was tried with: it had spoken before that reached it, and took it for a job. Its request
   * came meanwhile, or after the answer: a REQ has dropped it in the first case, unread, and does it in the second. So it
   * goes to another worker, which does not count, and this one to those that have said nothing; its answer is still
   * welcome.
   */
  #unconfirm(worker: WorkerConnection<F>, now: number): void {
    const request = this.#takeFrom(worker);
    worker.unconfirmed = request;
    worker.state = "silent";
    worker.connectedAtMs = now;
    this.#silent.append(worker);
    if (request !== null) this.#putBack(request);
  }

  /** A worker without a request, or with one on trial, replied: to the request that it may still have had, or late. */
  #finishUnconfirmed(
    worker: WorkerConnection<F>,
    client: string,
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    const { unconfirmed } = worker;
    if (unconfirmed === null || client !== unconfirmed.client.identity) return this.#drop("late reply", worker);
    this.#finish(worker, unconfirmed, frames, start, now);
  }

  #drop(event: "unmatched reply" | "late reply", worker: WorkerConnection<F>): void {
    if (event === "late reply") this.counters.lateReplies++;
    else this.counters.unmatchedReplies++;
    this.#output.report({ event, worker: worker.identity });
  }

  /** The worker answered the request it was sent; the first answer is the one that counts. */
  #finish(
    worker: WorkerConnection<F>,
    request: QueuedRequest<F>,
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    worker.request = null;
    if (request.state === "ended") return this.#drop("late reply", worker);
    this.#leaveQueue(request);
    this.#jobMs.add(now - request.sentAtMs);
    const { client } = request;
    const outcome = client.isGone ? "unreachable" : this.#output.sendReply(client.identity, frames, start);
    this.#countReply(outcome === "unreachable", now);
    this.#end(request, ENDING_BY_OUTCOME[outcome]);
  }

  /** Takes a request that has not ended out of wherever it is. */
  #leaveQueue(request: QueuedRequest<F>): void {
    switch (request.state) {
      case "in flight":
        this.#inFlight.remove(request);
        break;
      case "on trial":
        this.#onTrial.remove(request);
        break;
      case "delayed":
        this.#delayed.remove(request);
        request.client.redeliveries--;
        break;
      default:
        this.#backlog.remove(request);
    }
  }

  #countReply(isUndeliverable: boolean, now: number): void {
    this.#closeMinute(now);
    this.#minuteReplies++;
    if (!isUndeliverable) return;
    this.#minuteUndeliverable++;
    this.counters.undeliverableReplies++;
  }

  get #isMinuteBad(): boolean {
    // Who need not stay may leave before the reply.
    return !this.#config.keepOrphans && this.#minuteUndeliverable * 2 > this.#minuteReplies;
  }

  #closeMinute(now: number): void {
    if (now - this.#minuteSinceMs < REPORT_INTERVAL_MS) return;
    if (this.#isMinuteBad) {
      this.#output.report({
        event: "jobs take longer than clients wait",
        replies: this.#minuteReplies,
        undeliverable: this.#minuteUndeliverable,
        medianJobMs: this.#jobMs.value,
      });
    }
    this.#minuteSinceMs = now;
    this.#minuteReplies = 0;
    this.#minuteUndeliverable = 0;
  }

  #makeIdle(worker: WorkerConnection<F>): void {
    worker.unconfirmed = null;
    if (worker.state === "idle") return;
    this.#leaveList(worker);
    worker.state = "idle";
    this.#idle.add(worker);
  }

  #leaveList(worker: WorkerConnection<F>): void {
    if (worker.list === this.#silent) this.#silent.remove(worker);
    else this.#idle.delete(worker);
  }

  /** A worker that has a request spoke, but not to answer it: the request goes to another. */
  #free(worker: WorkerConnection<F>, now: number): void {
    const request = this.#takeFrom(worker);
    if (request === null) return;
    if (worker.state === "on trial") this.#putBack(request);
    else this.#redeliver(request, worker, now);
  }

  /** Takes from a worker the request it has, if that is still its own; the request is in no list then. */
  #takeFrom(worker: WorkerConnection<F>): QueuedRequest<F> | null {
    const { request } = worker;
    worker.request = null;
    if (request === null || request.holder !== worker) return null;
    (request.state === "on trial" ? this.#onTrial : this.#inFlight).remove(request);
    request.holder = null;
    return request;
  }

  #jobTimedOut(request: QueuedRequest<F>, now: number): void {
    const worker = request.holder!;
    this.#takeFrom(worker);
    worker.state = "hung";
    // It may be gone for good; if not, it is known again by its next word.
    if (!this.#config.knowsDepartures) this.#workers.delete(worker.identity);
    this.counters.jobTimeouts++;
    this.#output.report({ event: "job timeout", worker: worker.identity });
    this.#redeliver(request, worker, now);
  }

  /** A request has lost a worker: it goes to another after a pause, unless it has lost too many. */
  #redeliver(request: QueuedRequest<F>, worker: WorkerConnection<F>, now: number): void {
    request.workersMet.push(worker.identity);
    if (this.#isOrphan(request)) return this.#end(request, "clientLeft");
    if (request.redeliveries >= this.#config.redeliveries) {
      this.#output.report({
        event: "redelivery limit reached",
        bytes: request.bytes - REQUEST_OVERHEAD_BYTES - request.frames.length * FRAME_OVERHEAD_BYTES,
        digest: this.#output.digest(request.frames),
        client: request.client.identity,
        workers: request.workersMet,
      });
      return this.#end(request, "exhausted");
    }
    const pauseMs = REDELIVERY_PAUSES_MS[Math.min(request.redeliveries, REDELIVERY_PAUSES_MS.length - 1)]!;
    request.redeliveries++;
    this.counters.redeliveries++;
    if (pauseMs === 0) return this.#putBack(request);
    request.state = "delayed";
    request.dueAtMs = now + pauseMs;
    request.client.redeliveries++;
    let place = this.#delayed.last;
    while (place !== null && place.dueAtMs > request.dueAtMs) place = place.previous;
    this.#delayed.insertAfter(place, request);
  }

  /** A request waits again: its worker was not to blame, or its pause is over. */
  #putBack(request: QueuedRequest<F>): void {
    if (this.#isOrphan(request)) this.#end(request, "clientLeft");
    else this.#backlog.addRedelivery(request);
  }

  #isOrphan(request: QueuedRequest<F>): boolean {
    return request.client.isGone && !this.#config.keepOrphans;
  }

  #dropWaiting(request: QueuedRequest<F>): void {
    this.#backlog.remove(request);
    this.#end(request, "clientLeft");
  }

  /** Sends a request that is in no list to the worker idle longest; `false` when there is none. */
  #sendToIdleWorker(request: QueuedRequest<F>, now: number): boolean {
    for (let worker = this.#idle.take(); worker !== undefined; worker = this.#idle.take()) {
      if (this.#send(worker, request.client.identity, request)) {
        worker.state = "busy";
        request.state = "in flight";
        request.sentAtMs = now;
        this.#dispatchedAtMs = now;
        this.#inFlight.append(request);
        return true;
      }
    }
    return false;
  }

  /** Sends a request to a worker that is in no list; one that cannot be reached is forgotten. */
  #send(worker: WorkerConnection<F>, client: string, request: QueuedRequest<F>): boolean {
    const outcome = this.#output.sendRequest(worker.identity, client, request.frames);
    if (outcome === "sent") {
      worker.request = request;
      request.holder = worker;
      this.#overload.requestSent();
      return true;
    }
    this.counters.skippedWorkers++;
    if (outcome === "unreachable") this.#workers.delete(worker.identity);
    else worker.state = "hung";
    return false;
  }

  #startTrials(now: number): void {
    while (this.#idle.size === 0 && this.#silent.size > 0) {
      const request = this.#backlog.oldest;
      if (request === null || this.#trialDueAtMs(request) > now) return;
      const worker = this.#silent.take()!;
      const token = this.#output.makeToken();
      if (!this.#send(worker, token, request)) continue;
      this.#backlog.remove(request);
      this.counters.trials++;
      worker.token = token;
      worker.state = "on trial";
      request.state = "on trial";
      request.sentAtMs = now;
      this.#onTrial.append(request);
    }
  }

  /** When a request may be sent to the worker that has been silent longest. */
  #trialDueAtMs(request: QueuedRequest<F>): number {
    const needSinceMs = Math.min(request.arrivedAtMs, this.#dispatchedAtMs);
    return Math.max(this.#silent.first!.connectedAtMs, needSinceMs) + TRIAL_AFTER_MS;
  }

  #msToNextDeadline(now: number): number {
    let due = Infinity;
    if (this.#delayed.first !== null) due = this.#delayed.first.dueAtMs;
    if (this.#jobTimeoutMs > 0 && this.#inFlight.first !== null) {
      due = Math.min(due, this.#inFlight.first.sentAtMs + this.#jobTimeoutMs);
    }
    if (this.#onTrial.first !== null) due = Math.min(due, this.#onTrial.first.sentAtMs + TRIAL_TIMEOUT_MS);
    if (this.#silent.size > 0 && this.#backlog.oldest !== null) {
      due = Math.min(due, this.#trialDueAtMs(this.#backlog.oldest));
    }
    // A minute of which there is nothing to tell ends unnoticed.
    if (this.#isMinuteBad) due = Math.min(due, this.#minuteSinceMs + REPORT_INTERVAL_MS);
    return due === Infinity ? -1 : Math.max(0, Math.ceil(due - now));
  }

  #end(request: QueuedRequest<F>, ending: Ending): void {
    const { client } = request;
    request.state = "ended";
    request.holder = null;
    this.#pendingBytes -= request.bytes;
    this.counters[ending]++;
    this.#output.release(request.frames);
    request.frames = [];
    client.pending--;
    if (client.pending === 0 && !this.#config.knowsDepartures && this.#clients.get(client.identity) === client) {
      this.#clients.delete(client.identity);
    }
  }

  /** Keeps the order between connections up to date. */
  #chooseOrder(now: number): void {
    if (this.#config.order === "fifo") return;
    const newestFirst = this.#overload.isOverloaded(this.#backlog.size, now);
    if (newestFirst === this.#backlog.newestFirst) return;
    this.#backlog.setNewestFirst(newestFirst);
    this.#output.report({ event: "order changed", newestFirst, backlog: this.#backlog.size });
  }
}

const ENDING_BY_OUTCOME = {
  sent: "answered",
  unreachable: "clientLeft",
  "would block": "clientBlocked",
} as const satisfies Record<SendOutcome, Ending>;
