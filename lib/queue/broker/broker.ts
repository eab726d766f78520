/**
 * The queue's decisions: which request goes to which worker, what counts as its reply, and what happens when either side
 * leaves. The broker has no sockets, no clock and no randomness: each event comes in with its time, and each decision goes
 * out through {@linkcode BrokerOutput}.
 *
 * {@linkcode RequestLists} has the table of a request's states and of what can happen in each; {@linkcode WorkerLists} has
 * the same for workers. Every accepted request ends in exactly one of the ways that {@linkcode BrokerCounters} counts.
 *
 * @module
 */

import { type FrameReader, READY_WORD, splitWorkerMessage } from "../../lru.ts";
import type { LenderPort, LendingBroker, Loan, LoanReturn, RemoteRequest, RemoteReturn } from "./lending.ts";
import { LateReplies } from "./late_replies.ts";
import { type BrokerConfig, FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "./options.ts";
import type { BrokerOutput, LostRequest, SendOutcome } from "./output.ts";
import { Overload } from "./overload.ts";
import { LastItems } from "./last_items.ts";
import { Newcomers } from "./newcomers.ts";
import { Recent } from "./recent.ts";
import { ClientConnection, type QueuedRequest, WorkerConnection } from "./records.ts";
import { RequestLists } from "./request_lists.ts";
import { type BrokerCounters, type BrokerGauges, type Ending, zeroCounters } from "./statistics.ts";
import {
  type BrokerSnapshot,
  clientColumns,
  type DepartedPeer,
  type ExhaustedRequest,
  MAX_CLIENTS_SHOWN,
  MAX_WORKERS_SHOWN,
  WORKER_JOBS,
  workerColumns,
} from "./snapshot.ts";
import { WorkerLists } from "./worker_lists.ts";

/** How long a request is delayed before its first, its second, and each further redelivery. */
const REDELIVERY_DELAYS_MS = [0, 250, 1000];
/**
 * A worker made an orderly exit if its connection ends within this time after a dispatch: it had replied to its last
 * request, was about to exit, and never saw the new one ...
 */
const ORDERLY_EXIT_MS = 50;
/** ... unless that reply is older than this: then the worker was not yet about to exit when it was sent the request. */
const EXIT_AFTER_REPLY_MS = 1000;
const MAX_ORDERLY_EXITS = 10;
/**
 * A silent worker gets a request on trial once it has been silent for this long, and either the request has waited or no
 * worker has been idle for as long. Until then the worker may still say READY, or another may become idle.
 */
const TRIAL_AFTER_MS = 1000;
/** The longest READY of the Guide's examples: two empty frames before the byte 0x01, in Haskell. */
const MAX_READY_FRAMES = 3;
/** The limit of ZeroMQ. */
const MAX_IDENTITY_BYTES = 255;
/**
 * The job timeout if none is set and libzmq does not report closed connections: without one, the requests of lost workers
 * would never end.
 */
const UNNOTICED_JOB_TIMEOUT_MS = 3_600_000;

/**
 * How long the oldest request waits for a local worker before requests are sent to other queues; not at all if there is no
 * local worker. Most shorter waits end with a local worker, which is nearer.
 */
const SPILL_AFTER_MS = 5;

/** Departed peers are shown for this time ... */
const DEPARTED_MS = 60_000;
/** ... and this many of each role. */
const MAX_DEPARTED = 50;
const MAX_EXHAUSTED = 100;

/** The frames of a request that has ended. */
const NO_FRAMES: readonly never[] = [];

const ENDING_BY_OUTCOME = {
  sent: "answered",
  unreachable: "clientLeft",
  "would block": "clientBlocked",
} as const satisfies Record<SendOutcome, Ending>;

/** What a {@linkcode Broker} is made of. */
export interface BrokerParts<F> {
  /** Reads frames. */
  readonly reader: FrameReader<F>;
  /** Carries out the decisions. */
  readonly output: BrokerOutput<F>;
  /** How it decides. */
  readonly config: BrokerConfig;
}

/** Something that happened at a time. */
type Timed<T> = Omit<T, "ageMs"> & { readonly atMs: number };

/** The queue's state and decisions; see the module. Times are milliseconds of a monotonic clock. */
export class Broker<F> implements LendingBroker<F> {
  /** What happened since the start. */
  readonly counters: BrokerCounters = zeroCounters();
  /** Bytes in the frames of accepted requests (`in`) and of replies that were handed to libzmq (`out`). */
  readonly bytes: { in: number; out: number } = { in: 0, out: 0 };
  readonly #reader: FrameReader<F>;
  readonly #output: BrokerOutput<F>;
  readonly #config: BrokerConfig;
  readonly #requests: RequestLists<F>;
  readonly #workers = new WorkerLists<F>();
  readonly #clients = new Map<string, ClientConnection<F>>();
  readonly #overload = new Overload();
  readonly #lateReplies: LateReplies;
  /** When a request was last sent to an idle worker. */
  #dispatchedAtMs = -Infinity;
  /** The link to other queues, if there is one. */
  #lenders: LenderPort<F> | undefined;
  /** How many idle workers are kept for loans. */
  #reserved = 0;
  #dispatched = 0;
  /** Decides which new requests are still served while the queue drains; `undefined`: it is not draining. */
  #newcomers: Newcomers | undefined;
  #isPaused = false;
  readonly #recent: Recent;
  #redeliveriesAfterTimeout = 0;
  readonly #departedWorkers = new LastItems<Timed<DepartedPeer>>(MAX_DEPARTED);
  readonly #departedClients = new LastItems<Timed<DepartedPeer>>(MAX_DEPARTED);
  readonly #exhausted = new LastItems<Timed<ExhaustedRequest>>(MAX_EXHAUSTED);

  /** @param parts What it is made of. */
  constructor({ reader, output, config }: BrokerParts<F>) {
    this.#reader = reader;
    this.#output = output;
    this.#config = config;
    const { clientShare, maxBacklog, maxBacklogBytes } = config;
    this.#requests = new RequestLists({
      share: { requests: maxBacklog * clientShare, bytes: maxBacklogBytes * clientShare },
      jobTimeoutMs: config.jobTimeout || (config.knowsDepartures ? Infinity : UNNOTICED_JOB_TIMEOUT_MS),
      slowJobMs: config.slowJob || Infinity,
    });
    const { counters } = this;
    this.#recent = new Recent(() => ({
      accepted: counters.accepted,
      answered: counters.answered,
      givenUp: counters.clientLeft - counters.undeliverableReplies,
    }));
    this.#lateReplies = new LateReplies((minute) =>
      output.report({ event: "jobs take longer than clients wait", ...minute })
    );
  }

  /** The current gauges. */
  get gauges(): BrokerGauges {
    const { waiting, delayed, inFlight, onTrial, remote, onLoan, pendingBytes, newestFirst } = this.#requests;
    return {
      waiting,
      delayed,
      inFlight,
      onTrial,
      remote,
      onLoan,
      pendingBytes,
      workers: this.#workers.size,
      idleWorkers: this.#workers.idle,
      clients: this.#clients.size,
      newestFirst,
    };
  }

  /**
   * The broker's state at this moment. Takes at most about a millisecond, even with thousands of workers and clients.
   *
   * @param now The time.
   */
  snapshot(now: number): BrokerSnapshot {
    const requests = this.#requests;
    const workers = this.#workers;
    const ageOf = (atMs: number | null) => atMs === null ? null : now - atMs;
    const aged = <T>({ atMs, ...item }: Timed<T>) => ({ ...item, ageMs: now - atMs });
    return {
      counters: { ...this.counters },
      gauges: this.gauges,
      bytes: { ...this.bytes },
      redeliveriesAfterTimeout: this.#redeliveriesAfterTimeout,
      workerStates: workers.counts,
      oldestWaitingMs: ageOf(requests.waitingSinceMs),
      oldestInFlightMs: ageOf(requests.sentSinceMs),
      noWorkersMs: workers.noWorkerSinceMs === -Infinity ? now : ageOf(workers.noWorkerSinceMs),
      runningJobsMs: requests.runningMs(now),
      latestJobs: this.#recent.latestJobs,
      wait: this.#recent.wait.copy(),
      work: this.#recent.work.copy(),
      tenSeconds: this.#recent.period(10_000, now),
      minute: this.#recent.period(60_000, now),
      workers: workerColumns(workers.size > MAX_WORKERS_SHOWN ? this.#oldestJobsFirst() : workers, workers.size, now),
      clients: clientColumns(
        requests.oldestWaiting(MAX_CLIENTS_SHOWN),
        ({ client, frames }) => this.#output.originOf(client.identity, frames),
        now,
      ),
      departed: [...this.#departedWorkers.newestFirst, ...this.#departedClients.newestFirst]
        .filter(({ atMs }) => now - atMs <= DEPARTED_MS)
        .sort((one, other) => other.atMs - one.atMs)
        .map((peer) => aged(peer) as DepartedPeer),
      exhausted: this.#exhausted.newestFirst.map((request) => aged(request) as ExhaustedRequest),
    };
  }

  *#oldestJobsFirst(): IterableIterator<WorkerConnection<F>> {
    for (const { holder } of this.#requests.sent()) yield holder!;
    for (const worker of this.#workers) if (worker.request?.holder !== worker) yield worker;
  }

  /** How many requests have not ended. */
  get pending(): number {
    return this.#requests.pending;
  }

  /**
   * Whether the frontend should be left unread: either the backlog is full, or the queue is draining and cannot serve a new
   * request now, but may later. When it has drained, everything is read and refused.
   *
   * @param now The time.
   */
  leavesUnread(now: number): boolean {
    if (this.#newcomers === undefined) return this.#isFull;
    return this.pending > 0 && !this.#servesNewcomers(this.#newcomers, now);
  }

  get #isFull(): boolean {
    return this.#requests.pending >= this.#config.maxBacklog ||
      this.#requests.pendingBytes >= this.#config.maxBacklogBytes;
  }

  /**
   * A request arrived.
   *
   * @param identity The client's identity.
   * @param frames All frames behind it, such as `["", ...body]`.
   * @param now The time.
   * @returns Whether the request was accepted. If so, the broker owns the frames.
   */
  receiveRequest(identity: string, frames: readonly F[], now: number): boolean {
    if (this.#newcomers !== undefined && !this.#servesNewcomers(this.#newcomers, now)) {
      this.counters.refusedDraining++;
      this.#output.report({ event: "request refused", reason: "draining" });
      return false;
    }
    let client = this.#clients.get(identity);
    if (this.#isFull && !this.#mayExceed(client)) {
      this.counters.refusedFull++;
      this.#output.report({ event: "request refused", reason: "backlog full" });
      return false;
    }
    if (client === undefined) {
      client = new ClientConnection(identity, this.#output.makeAlias(identity), now);
      this.#clients.set(identity, client);
    }
    const size = this.#sizeOf(frames, 0);
    this.#recent.roll(now);
    const request = this.#requests.accept(client, frames, overheadOf(frames) + size, now);
    this.counters.accepted++;
    this.bytes.in += size;
    const mayBeReady = frames.length <= MAX_READY_FRAMES && size <= READY_WORD.length;
    if (mayBeReady && splitWorkerMessage(frames, this.#reader).kind === "ready") {
      this.#output.report({ event: "ready at the frontend", client: identity });
    }
    if (this.#isPaused || this.#requests.waiting > 0 || !this.#sendToIdleWorker(request, now)) {
      this.#requests.wait(request);
    }
    return true;
  }

  /** Whether a request that arrives during a drain is served: at once, or not at all. */
  #servesNewcomers(newcomers: Newcomers, now: number): boolean {
    return this.#hasRoomForNewcomers && newcomers.areServed(this.#requests.olderSentSinceMs, now);
  }

  /** Whether a worker is free for a newcomer. */
  get #hasRoomForNewcomers(): boolean {
    return !this.#isPaused && !this.#isFull && this.#requests.waiting === 0 && this.#workers.idle > this.#reserved;
  }

  /**
   * Whether a client's request may exceed the backlog's limit. At the limit, the frontend is still read to notice
   * departures. A request that is read on the way must not be lost if it is its client's only one, since that client may
   * still be there. With `keepOrphans`, departures make no room, so such requests could grow without bound: none may exceed
   * the limit.
   */
  #mayExceed(client: ClientConnection<F> | undefined): boolean {
    if (this.#config.keepOrphans) return false;
    return client === undefined || client.waiting.size + client.redeliveries === 0;
  }

  /**
   * A client connected. If its identity is known, this connection has taken it over, and the old connection has ended
   * without any other notice.
   */
  clientConnected(identity: string, now: number): void {
    this.#clientEnded(identity, "another connection has its identity", now);
  }

  /** A client's connection ended. */
  clientGone(identity: string, now: number): void {
    this.#clientEnded(identity, "left", now);
  }

  #clientEnded(identity: string, reason: string, now: number): void {
    const client = this.#clients.get(identity);
    if (client === undefined) return;
    this.#recent.roll(now);
    this.counters.departures++;
    const waiting = client.waiting.size + client.redeliveries;
    const oldestFrames = client.waiting.first?.frames ?? NO_FRAMES;
    this.#departedClients.add({
      role: "client",
      identity,
      ...client.origin ?? this.#output.originOf(identity, oldestFrames),
      reason: waiting === 0 ? reason : `${reason}, with ${waiting} waiting`,
      atMs: now,
    });
    this.#clients.delete(identity);
    client.isGone = true;
    if (this.#config.keepOrphans) return;
    const oldest = client.waiting.first;
    if (oldest !== null) this.#overload.waitingClientLeft(now - oldest.arrivedAtMs, now);
    for (const request of this.#requests.waitingOf(client)) this.#end(request, "clientLeft");
    this.#chooseOrder(now);
  }

  /** A worker connected. If its identity is known, the old connection has ended, and with it whatever the worker was doing. */
  workerConnected(identity: string, now: number): void {
    this.#workerEnded(identity, "another connection has its identity", now);
    this.#workers.move(this.#workers.add(identity, now), "silent", now);
  }

  /** A worker's connection ended. Its request goes to another worker. */
  workerGone(identity: string, now: number): void {
    this.#workerEnded(identity, "left", now);
  }

  #workerEnded(identity: string, reason: string, now: number): void {
    const worker = this.#workers.get(identity);
    if (worker === undefined) return;
    this.#workers.forget(worker, now);
    const request = this.#workers.unassign(worker);
    this.#workerDeparted(worker, request === null ? reason : `${reason}, with a job`, now);
    if (request === null) return this.#reportLeft(worker);
    const isOrderlyExit = (request.state === "in flight" || request.state === "on loan") &&
      now - request.sentAtMs <= ORDERLY_EXIT_MS &&
      now - worker.repliedAtMs <= EXIT_AFTER_REPLY_MS && request.orderlyExits < MAX_ORDERLY_EXITS;
    if (isOrderlyExit && request.state === "in flight" && !this.#isOrphan(request)) {
      request.orderlyExits++;
      noteLostWorker(request, worker, now);
      this.counters.orderlyExits++;
    }
    if (isOrderlyExit || request.state === "on trial") {
      this.#waitAgain(request, isOrderlyExit ? "excused" : "unconfirmed");
      this.#reportLeft(worker);
    } else {
      this.#reportLoss("worker lost", request, worker, now);
    }
  }

  /**
   * A worker's message arrived.
   *
   * @param identity The worker's identity.
   * @param frames All frames behind it; they stay the caller's.
   * @param now The time.
   */
  receiveFromWorker(identity: string, frames: readonly F[], now: number): void {
    const message = splitWorkerMessage(frames, this.#reader);
    const known = this.#workers.get(identity);
    // A frame longer than an identity can be is not converted to text: it may be as large as a whole message.
    const isTooLong = message.kind === "reply" && this.#reader.size(frames[message.client]!) > MAX_IDENTITY_BYTES;
    if (message.kind === "malformed" || isTooLong) {
      this.counters.malformedMessages++;
      this.#reportMalformed(identity, known, frames);
      if (known !== undefined && known.state !== "idle") {
        this.#takeBack(known, now);
        this.#workers.move(known, "suspect", now);
      }
      return;
    }
    const worker = known ?? this.#workers.add(identity, now);
    worker.origin ??= this.#output.originOf(identity, frames);
    if (message.kind === "ready") {
      this.counters.ready++;
      if (worker.state === "idle") this.counters.repeatedReady++;
      // For a silent worker this is the expected message. A busy one has lost its request.
      if (worker.state === "busy") this.#beginAnew(worker, now);
      else this.#takeBack(worker, now);
      worker.repliedAtMs = -Infinity;
      this.#becomeIdle(worker, now);
    } else {
      this.#receiveReply(worker, this.#reader.text(frames[message.client]!), frames, message.client + 1, now);
    }
  }

  /**
   * Handles everything that is due.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    for (let slow = this.#requests.takeSlow(now); slow !== null; slow = this.#requests.takeSlow(now)) {
      this.#output.report({
        event: "slow job",
        worker: slow.holder!.identity,
        client: slow.client.identity,
        bytes: sizeOf(slow),
        ageMs: now - slow.sentAtMs,
      });
    }
    for (let request = this.#requests.due(now); request !== null; request = this.#requests.due(now)) {
      if (request.state === "in flight" || request.state === "on loan") this.#timeOut(request, now);
      else if (request.state === "remote") this.#timeOutRemote(request, now);
      // A worker that had it on trial keeps its token, so its reply still counts.
      else this.#waitAgain(request);
    }
    this.dispatch(now);
    this.#startTrials(now);
    this.#lateReplies.tick(now);
    let dueAtMs = Math.min(this.#requests.nextDueAtMs, this.#trialDueAtMs, this.#lateReplies.dueAtMs);
    // Once this has passed, only the link's own deadlines count: there may be no lender with credit.
    if (this.#lenders !== undefined && this.#spillDueAtMs > now) dueAtMs = Math.min(dueAtMs, this.#spillDueAtMs);
    if (this.#newcomers !== undefined && this.#hasRoomForNewcomers) {
      const fromMs = this.#newcomers.fromMs(this.#requests.olderSentSinceMs);
      if (fromMs > now) dueAtMs = Math.min(dueAtMs, fromMs);
    }
    return dueAtMs === Infinity ? -1 : Math.max(0, Math.ceil(dueAtMs - now));
  }

  /** Sends waiting requests to idle workers while there are any of both. */
  dispatch(now: number): void {
    this.#chooseOrder(now);
    if (this.#isPaused || this.#requests.waiting === 0) return;
    while (this.#workers.idle > this.#reserved) {
      const request = this.#requests.takeNext();
      if (request === null) break;
      if (!this.#sendToIdleWorker(request, now)) {
        // No worker could be reached, so the request stays first in line.
        this.#requests.waitAgain(request);
        break;
      }
    }
    if (this.#lenders !== undefined) this.#spill(this.#lenders, now);
  }

  /** Links the broker to other queues. */
  linkTo(lenders: LenderPort<F>): void {
    this.#lenders = lenders;
  }

  /** @see LendingBroker.waiting */
  get waiting(): number {
    return this.#requests.waiting;
  }

  /** @see LendingBroker.workers */
  get workers(): number {
    return this.#workers.size;
  }

  /** @see LendingBroker.isWithoutWorkers */
  get isWithoutWorkers(): boolean {
    return this.#workers.noWorkerSinceMs !== null;
  }

  /** @see LendingBroker.lendsIdle */
  get lendsIdle(): boolean {
    return this.#requests.waiting === 0 && !this.lendsNothing;
  }

  /** @see LendingBroker.lendsNothing */
  get lendsNothing(): boolean {
    return this.#newcomers !== undefined || this.#isPaused;
  }

  /** @see LendingBroker.idle */
  get idle(): number {
    return this.#workers.idle;
  }

  /** @see LendingBroker.dispatched */
  get dispatched(): number {
    return this.#dispatched;
  }

  /** @see LendingBroker.reserve */
  reserve(workers: number): void {
    this.#reserved = workers;
  }

  /** @see LendingBroker.mayBorrow */
  mayBorrow(now: number): boolean {
    return !this.#isPaused && this.#spillDueAtMs <= now;
  }

  /** @see LendingBroker.lend */
  lend(loan: Loan, frames: readonly F[], now: number): boolean {
    if (this.lendsNothing) return false;
    const request = this.#acceptLoan(loan, frames, now);
    if (this.#sendToIdleWorker(request, now, "on loan")) return true;
    this.#requests.end(request);
    return false;
  }

  /** @see LendingBroker.trialDueAtMs */
  trialDueAtMs(wantedSinceMs: number): number {
    return this.lendsIdle && !this.#workers.takesRequests ? this.#trialDueSince(wantedSinceMs) : Infinity;
  }

  /** @see LendingBroker.lendOnTrial */
  lendOnTrial(loan: Loan, frames: readonly F[], now: number): boolean {
    if (this.trialDueAtMs(-Infinity) > now) return false;
    const request = this.#acceptLoan(loan, frames, now);
    if (this.#sendOnTrial(request, now)) return true;
    this.#requests.end(request);
    return false;
  }

  /** @see LendingBroker.remoteAnswered */
  remoteAnswered(remote: RemoteRequest<F>, frames: readonly F[], start: number, now: number): boolean {
    const request = remote as QueuedRequest<F>;
    if (request.state === "ended") return false;
    this.#recent.roll(now);
    this.#deliver(request, frames, start, now);
    return true;
  }

  /** @see LendingBroker.remoteReturned */
  remoteReturned(remote: RemoteRequest<F>, how: RemoteReturn, now: number): void {
    const request = remote as QueuedRequest<F>;
    const lender = request.holder!;
    if (how === "refused" || how === "unconfirmed") return this.#waitAgain(request);
    if (how === "excused" && request.orderlyExits < MAX_ORDERLY_EXITS) {
      if (!this.#isOrphan(request)) {
        request.orderlyExits++;
        noteLostWorker(request, lender, now);
        this.counters.orderlyExits++;
      }
      return this.#waitAgain(request);
    }
    this.#loseRemote(request, now);
  }

  /**
   * Refuses new requests from now on, except those that {@linkcode Newcomers} allows. Further calls have no effect.
   *
   * @param now The time.
   * @param timeoutMs How long the drain may take. Newcomers are served in its first half at most.
   */
  startDraining(now: number, timeoutMs: number): void {
    if (this.#newcomers !== undefined) return;
    this.#requests.startDraining();
    this.#newcomers = new Newcomers({ jobsMs: this.#recent.latestJobsSorted, endByMs: now + timeoutMs / 2 });
  }

  /** Sends no requests to workers until {@linkcode Broker.resume}. Requests are still accepted. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Undoes {@linkcode Broker.pause}. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Ends all remaining requests. */
  abandon(): void {
    for (let request = this.#requests.first; request !== null; request = this.#requests.first) {
      if (request.state === "remote") this.#lenders!.forget(request, "left at drain");
      // The request is not to blame, so this does not count as a loss: its queue sends it elsewhere.
      if (request.client.loan !== null) this.#returnLoan(request, "excused");
      else this.#end(request, "leftAtDrain");
    }
  }

  /**
   * Reports a message that is neither READY nor a reply. If it is a connection's first message, it may be a client's
   * request.
   */
  #reportMalformed(identity: string, worker: WorkerConnection<F> | undefined, frames: readonly F[]): void {
    const hasSpoken = worker !== undefined && worker.state !== "silent";
    // Most requests look like this.
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
      this.#dropReply("late reply", worker);
      if (worker.state === "busy") this.#doubt(worker, now);
      return;
    }
    switch (worker.state) {
      case "busy":
        if (request !== null && client === request.client.alias) {
          this.#finish(worker, request, frames, start, now);
        } else {
          this.#dropReply("unmatched reply", worker);
          this.#takeBack(worker, now);
        }
        break;
      case "on trial":
        if (request !== null && client === worker.token) {
          this.#finish(worker, request, frames, start, now);
        } else {
          // It was busy with another request, and either has not read the one on trial yet or has dropped it.
          this.#takeBack(worker, now);
          this.#finishUnconfirmed(worker, client, frames, start, now);
        }
        break;
      case "idle":
        this.#dropReply("unmatched reply", worker);
        return;
      default:
        this.#finishUnconfirmed(worker, client, frames, start, now);
    }
    worker.repliedAtMs = now;
    this.#becomeIdle(worker, now);
  }

  /**
   * A busy worker answered an earlier request that it had on trial. So its READY had crossed that request on the way, and
   * for that READY the queue has sent it a second request. If that arrived before the worker answered the first, a REQ
   * socket has dropped it unread; if it arrives after, the worker reads it. The queue cannot know which. So the second
   * request goes to another worker without counting as a loss, this worker counts as silent, and its reply is still
   * accepted.
   */
  #doubt(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    worker.unconfirmed = request;
    this.#workers.move(worker, "silent", now);
    if (request !== null) this.#waitAgain(request);
  }

  /** A worker without a request of its own replied: either to the request that it may have dropped unread, or too late. */
  #finishUnconfirmed(
    worker: WorkerConnection<F>,
    client: string,
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    const { unconfirmed } = worker;
    if (unconfirmed === null || client !== unconfirmed.client.alias) this.#dropReply("late reply", worker);
    else this.#finish(worker, unconfirmed, frames, start, now);
  }

  #dropReply(event: "unmatched reply" | "late reply", worker: WorkerConnection<F>): void {
    if (event === "late reply") this.counters.lateReplies++;
    else this.counters.unmatchedReplies++;
    this.#output.report({ event, worker: worker.identity });
  }

  /** A worker replied to a request that it was sent. Only the first reply to a request counts. */
  #finish(
    worker: WorkerConnection<F>,
    request: QueuedRequest<F>,
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    this.#workers.unassign(worker);
    const { loan } = request.client;
    // If this is a loan that was returned as unconfirmed, only the queue that it is from knows whether it has been answered
    // since.
    if (request.state === "ended" && loan === null) return this.#dropReply("late reply", worker);
    this.#recent.roll(now);
    this.#recent.addJob(now - request.sentAtMs);
    worker.jobsMs[worker.answered++ % WORKER_JOBS] = now - request.sentAtMs;
    if (loan === null) return this.#deliver(request, frames, start, now);
    if (request.state !== "ended") this.#endLoan(request);
    this.#lenders!.loanAnswered(loan, frames, start);
  }

  /** Sends a reply to its client. That ends the request. */
  #deliver(request: QueuedRequest<F>, frames: readonly F[], start: number, now: number): void {
    const { client, sentAtMs } = request;
    // A late reply may arrive while another queue has the request.
    if (request.state === "remote") this.#lenders!.forget(request, "answered elsewhere");
    // Measured first: sending takes the frames out of the message.
    const size = this.#sizeOf(frames, start);
    const outcome = client.isGone ? "unreachable" : this.#output.sendReply(client.identity, frames, start);
    this.#end(request, ENDING_BY_OUTCOME[outcome]);
    if (outcome === "sent") this.bytes.out += size;
    const isUndeliverable = outcome === "unreachable";
    if (isUndeliverable) this.counters.undeliverableReplies++;
    // With keepOrphans clients need not wait for the reply, so their leaving says nothing about how long they wait.
    if (!this.#config.keepOrphans) this.#lateReplies.add(now - sentAtMs, isUndeliverable, now);
  }

  #becomeIdle(worker: WorkerConnection<F>, now: number): void {
    worker.unconfirmed = null;
    this.#workers.move(worker, "idle", now);
    if (worker.hasJoined) return;
    worker.hasJoined = true;
    this.#output.report({ event: "worker joined", worker: worker.identity, workers: this.#workers.size });
  }

  /** A worker was forgotten that had no request, or had not begun it. */
  #reportLeft(worker: WorkerConnection<F>): void {
    if (!worker.hasJoined) return;
    this.#output.report({ event: "worker left", worker: worker.identity, workers: this.#workers.size });
  }

  /** A busy worker said READY instead of replying: its request goes to another worker. */
  #beginAnew(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    if (request !== null) this.#reportLoss("ready while busy", request, worker, now);
  }

  /** A worker sent something other than the reply to its request: the request goes to another worker. */
  #takeBack(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    if (request === null) return;
    if (request.state === "on trial") this.#waitAgain(request);
    else this.#lose(request, worker, now);
  }

  /** A worker did not reply in time. It gets no more requests until it does. */
  #timeOut(request: QueuedRequest<F>, now: number): void {
    const worker = request.holder!;
    this.#workers.unassign(worker);
    this.#workers.move(worker, "hung", now);
    // If libzmq does not report departures, nothing would ever say that it is gone. Its next message makes it known again.
    if (!this.#config.knowsDepartures) this.#workers.forget(worker, now);
    this.counters.jobTimeouts++;
    this.#reportLoss("job timeout", request, worker, now);
  }

  /** A worker was lost with its request, or lost the request: handles the loss and reports it. */
  #reportLoss(
    event: "worker lost" | "job timeout" | "ready while busy",
    request: QueuedRequest<F>,
    worker: WorkerConnection<F>,
    now: number,
  ): void {
    const afterMs = now - request.sentAtMs;
    const fate = this.#lose(request, worker, now);
    if (event === "job timeout" && fate === "redelivered") this.#redeliveriesAfterTimeout++;
    this.#output.report({ event, worker: worker.identity, request: fate, afterMs });
  }

  /** Another queue did not answer in time. */
  #timeOutRemote(request: QueuedRequest<F>, now: number): void {
    this.counters.jobTimeouts++;
    this.#lenders!.forget(request, "timed out");
    this.#loseRemote(request, now);
  }

  #loseRemote(request: QueuedRequest<F>, now: number): void {
    const lender = request.holder!;
    const afterMs = now - request.sentAtMs;
    const fate = this.#lose(request, lender, now);
    this.#output.report({ event: "remote request lost", queue: lender.identity, request: fate, afterMs });
  }

  /**
   * A worker was lost with its request. The request goes to another worker after a delay, unless it has already lost too
   * many.
   */
  #lose(request: QueuedRequest<F>, worker: WorkerConnection<F>, now: number): LostRequest {
    this.#recent.roll(now);
    worker.lost++;
    if (request.client.loan !== null) {
      this.#returnLoan(request, "lost");
      return "returned to its queue";
    }
    noteLostWorker(request, worker, now);
    if (this.#isOrphan(request)) {
      this.#end(request, "clientLeft");
      return "client left";
    }
    if (request.redeliveries >= this.#config.redeliveries) {
      const digest = this.#output.digest(request.frames);
      const exhausted = {
        bytes: sizeOf(request),
        digest,
        client: request.client.identity,
        workers: request.lostWorkers.map(({ worker }) => worker),
      };
      const number = this.counters.exhausted + 1;
      this.#exhausted.add({ ...exhausted, number, atMs: now });
      this.#output.report({ event: "redelivery limit reached", ...exhausted });
      this.#output.exhausted(request, { digest, number });
      this.#end(request, "exhausted");
      return "exhausted";
    }
    const delayMs = REDELIVERY_DELAYS_MS[Math.min(request.redeliveries, REDELIVERY_DELAYS_MS.length - 1)]!;
    request.redeliveries++;
    this.counters.redeliveries++;
    if (delayMs === 0) this.#requests.waitAgain(request);
    else this.#requests.delay(request, now + delayMs);
    return "redelivered";
  }

  /**
   * A request waits again, after a trial, a delay, or a loss that does not count. A loan is returned to wait at its own
   * queue.
   */
  #waitAgain(request: QueuedRequest<F>, how: LoanReturn = "unconfirmed"): void {
    if (request.client.loan !== null) this.#returnLoan(request, how);
    else if (this.#isOrphan(request)) this.#end(request, "clientLeft");
    else this.#requests.waitAgain(request);
  }

  #isOrphan(request: QueuedRequest<F>): boolean {
    return request.client.isGone && !this.#config.keepOrphans;
  }

  /** Sends waiting requests to other queues while these have workers to lend. */
  #spill(lenders: LenderPort<F>, now: number): void {
    while (this.#spillDueAtMs <= now && lenders.hasCredit) {
      const request = this.#requests.takeNext();
      if (request === null) return;
      const lender = lenders.send(request, now);
      if (lender === null) return this.#requests.waitAgain(request);
      this.#overload.requestSent();
      this.#noteFirstSend(request, now);
      this.#requests.send(request, new WorkerConnection(lender, now), "remote", now);
    }
  }

  /** When the oldest waiting request may go to another queue; `Infinity` if none waits. */
  get #spillDueAtMs(): number {
    const { longestWaiting } = this.#requests;
    if (longestWaiting === null) return Infinity;
    return longestWaiting.arrivedAtMs + (this.isWithoutWorkers ? 0 : SPILL_AFTER_MS);
  }

  /** The bytes in the frames from index `start` on. */
  #sizeOf(frames: readonly F[], start: number): number {
    let size = 0;
    for (let index = start; index < frames.length; index++) size += this.#reader.size(frames[index]!);
    return size;
  }

  #acceptLoan(loan: Loan, frames: readonly F[], now: number): QueuedRequest<F> {
    const client = new ClientConnection<F>("", this.#output.makeAlias(null), now, loan);
    return this.#requests.accept(client, frames, overheadOf(frames) + this.#sizeOf(frames, 0), now);
  }

  #endLoan(request: QueuedRequest<F>): void {
    this.#requests.end(request);
    this.#output.release(request.frames);
    request.frames = NO_FRAMES;
  }

  #returnLoan(request: QueuedRequest<F>, how: LoanReturn): void {
    this.#endLoan(request);
    this.#lenders!.loanReturned(request.client.loan!, how);
  }

  /** Sends a request to the reachable worker that has been idle longest; `false` if there is none. */
  #sendToIdleWorker(request: QueuedRequest<F>, now: number, state: "in flight" | "on loan" = "in flight"): boolean {
    for (let worker = this.#workers.takeNext(); worker !== undefined; worker = this.#workers.takeNext()) {
      if (!this.#trySend(worker, request.client.alias, request, now)) continue;
      this.#workers.assign(worker, request, "busy", now);
      if (state === "in flight") this.#noteFirstSend(request, now);
      this.#requests.send(request, worker, state, now);
      this.#dispatchedAtMs = now;
      if (state === "in flight") this.#dispatched++;
      return true;
    }
    return false;
  }

  #noteFirstSend(request: QueuedRequest<F>, now: number): void {
    if (request.sentAtMs >= 0) return;
    this.#recent.roll(now);
    this.#recent.wait.add(now - request.arrivedAtMs);
  }

  #workerDeparted(worker: WorkerConnection<F>, reason: string, now: number): void {
    const { identity, origin } = worker;
    this.#departedWorkers.add({ role: "worker", identity, ...origin, reason, atMs: now });
  }

  #startTrials(now: number): void {
    while (this.#trialDueAtMs <= now && !this.#workers.takesRequests) {
      this.#sendOnTrial(this.#requests.longestWaiting!, now);
    }
  }

  /** Sends a request to the worker that has been silent longest; `false` if it cannot be reached. */
  #sendOnTrial(request: QueuedRequest<F>, now: number): boolean {
    const worker = this.#workers.longestSilent!;
    const token = this.#output.makeToken();
    if (!this.#trySend(worker, token, request, now)) return false;
    worker.token = token;
    this.#workers.assign(worker, request, "on trial", now);
    if (request.client.loan === null) this.#noteFirstSend(request, now);
    this.#requests.send(request, worker, "on trial", now);
    this.counters.trials++;
    return true;
  }

  /** When the longest-waiting request may be sent to the longest-silent worker; `Infinity` if either is missing. */
  get #trialDueAtMs(): number {
    const { longestWaiting } = this.#requests;
    return this.#isPaused || longestWaiting === null ? Infinity : this.#trialDueSince(longestWaiting.arrivedAtMs);
  }

  /** When a request that has wanted a worker since the given time may be sent to a silent one. */
  #trialDueSince(wantedSinceMs: number): number {
    const { longestSilent } = this.#workers;
    if (longestSilent === null) return Infinity;
    const neededSinceMs = Math.min(wantedSinceMs, this.#dispatchedAtMs);
    return Math.max(longestSilent.stateSinceMs, neededSinceMs) + TRIAL_AFTER_MS;
  }

  /** Tries to send a request to a worker. An unreachable worker is forgotten; one whose pipe is full counts as hung. */
  #trySend(worker: WorkerConnection<F>, client: string, request: QueuedRequest<F>, now: number): boolean {
    const outcome = this.#output.sendRequest(worker.identity, client, request.frames);
    if (outcome === "sent") {
      // Only requests of the queue's own clients matter to the order.
      if (request.client.loan === null) this.#overload.requestSent();
      return true;
    }
    this.counters.skippedWorkers++;
    if (outcome === "unreachable") {
      this.#workers.forget(worker, now);
      this.#workerDeparted(worker, "could not be reached", now);
      this.#reportLeft(worker);
    } else {
      this.#workers.move(worker, "hung", now);
    }
    return false;
  }

  #end(request: QueuedRequest<F>, ending: Ending): void {
    const { client } = request;
    this.#requests.end(request);
    this.counters[ending]++;
    this.#output.release(request.frames);
    request.frames = NO_FRAMES;
    if (client.pending === 0 && !this.#config.knowsDepartures && this.#clients.get(client.identity) === client) {
      this.#clients.delete(client.identity);
    }
  }

  /** Updates the order between connections. */
  #chooseOrder(now: number): void {
    if (this.#config.order === "fifo") return;
    const backlog = this.#requests.waiting;
    const newestFirst = this.#overload.isOverloaded(backlog, now);
    if (newestFirst === this.#requests.newestFirst) return;
    this.#requests.setNewestFirst(newestFirst);
    this.#output.report({ event: "order changed", newestFirst, backlog });
  }
}

/** The bytes in a request's frames. */
function sizeOf({ bytes, frames }: QueuedRequest<unknown>): number {
  return bytes - overheadOf(frames);
}

/** The bytes that a request counts for besides those in its frames. */
function overheadOf(frames: readonly unknown[]): number {
  return REQUEST_OVERHEAD_BYTES + frames.length * FRAME_OVERHEAD_BYTES;
}

/** Notes on a request that a worker was lost with it. */
function noteLostWorker<F>(request: QueuedRequest<F>, { identity }: WorkerConnection<F>, now: number): void {
  request.lostWorkers = [...request.lostWorkers, { worker: identity, sentAtMs: request.sentAtMs, lostAtMs: now }];
}
