/**
 * The queue's decisions: which request goes to which worker, what counts as its reply, and what happens when either side
 * leaves. The broker has no sockets, no clock and no randomness: events come in with the time, and what it decides goes out
 * through {@linkcode BrokerOutput}.
 *
 * What state a request is in, and what can happen to it there, is the table in {@linkcode RequestLists}; a worker's states
 * are that in {@linkcode WorkerLists}. Every accepted request ends in exactly one of the ways that
 * {@linkcode BrokerCounters} counts.
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
 * A worker made an orderly exit if its connection ends within this time of a dispatch: it had replied, was about to end, and
 * has not seen the request ...
 */
const ORDERLY_EXIT_MS = 50;
/** ... unless its reply is older than this. Then it was not about to end before it got the request. */
const EXIT_AFTER_REPLY_MS = 1000;
const MAX_ORDERLY_EXITS = 10;
/**
 * A silent worker gets a request on trial when it has been silent for this long, and when the request has waited, or no
 * worker has been idle, for as long. Until then it may still say READY, or another worker may become idle.
 */
const TRIAL_AFTER_MS = 1000;
/** The longest READY of the Guide's examples: two empty frames before the byte 0x01, in Haskell. */
const MAX_READY_FRAMES = 3;
/** ZeroMQ's limit. */
const MAX_IDENTITY_BYTES = 255;
/**
 * The job timeout where the ends of connections go unnoticed and no other is set: without one, the requests of lost workers
 * would stay for ever.
 */
const UNNOTICED_JOB_TIMEOUT_MS = 3_600_000;

/**
 * How long the oldest request waits before requests are sent to other queues, unless there is no worker. Shorter waits end
 * by themselves, and a worker here is nearer.
 */
const SPILL_AFTER_MS = 5;

/** Peers that left are shown for this time ... */
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

/** What a {@linkcode Broker} needs. */
export interface BrokerParts<F> {
  /** Reads frames. */
  readonly reader: FrameReader<F>;
  /** Does what is decided. */
  readonly output: BrokerOutput<F>;
  /** How it decides. */
  readonly config: BrokerConfig;
}

/** Something that happened at a time. */
type Timed<T> = Omit<T, "ageMs"> & { readonly atMs: number };

/** The queue's state and decisions; see the module. Times are milliseconds of any clock that never goes back. */
export class Broker<F> implements LendingBroker<F> {
  /** What happened since the start. */
  readonly counters: BrokerCounters = zeroCounters();
  /** Bytes of the frames of accepted requests, and of replies that were handed to libzmq. */
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
  /** Idle workers that are kept for loans. */
  #reserved = 0;
  #dispatched = 0;
  /** Decides which requests are still served while it drains; `undefined`: it does not drain. */
  #newcomers: Newcomers | undefined;
  #isPaused = false;
  readonly #recent: Recent;
  #redeliveriesAfterTimeout = 0;
  readonly #departedWorkers = new LastItems<Timed<DepartedPeer>>(MAX_DEPARTED);
  readonly #departedClients = new LastItems<Timed<DepartedPeer>>(MAX_DEPARTED);
  readonly #exhausted = new LastItems<Timed<ExhaustedRequest>>(MAX_EXHAUSTED);

  /** @param parts What it needs. */
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

  /** What there is now. */
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
   * What it can tell of this moment. Costs at most about a millisecond, with thousands of workers and of clients.
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
      noWorkersMs: workers.uselessSinceMs === -Infinity ? now : ageOf(workers.uselessSinceMs),
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

  /** Requests that have not ended. */
  get pending(): number {
    return this.#requests.pending;
  }

  /**
   * Whether the frontend should be left unread: the backlog has reached its limit, or the queue drains and cannot serve anybody
   * now, but perhaps can later. When it has drained everything is read, and refused.
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

  /** Whether a request that comes while it drains is served: at once, or not at all. */
  #servesNewcomers(newcomers: Newcomers, now: number): boolean {
    return this.#hasRoomForNewcomers && newcomers.areServed(this.#requests.olderSentSinceMs, now);
  }

  /** Whether a worker would be free for a newcomer. */
  get #hasRoomForNewcomers(): boolean {
    return !this.#isPaused && !this.#isFull && this.#requests.waiting === 0 && this.#workers.idle > this.#reserved;
  }

  /**
   * Whether a client's request may exceed the limit of the backlog. At the limit the frontend is read for departures, and a
   * client's only request, read on the way to one, must not be lost: the client may still be there. Where requests outlive
   * their clients, departures make no room, and there would be no end of such requests.
   */
  #mayExceed(client: ClientConnection<F> | undefined): boolean {
    if (this.#config.keepOrphans) return false;
    return client === undefined || client.waiting.size + client.redeliveries === 0;
  }

  /**
   * A client connected. If its identity is known, this is a new connection that took over the identity of the old one, which
   * has ended without any other notice.
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

  /** A worker connected. If its identity is known, the old connection has ended, and what it was doing with it. */
  workerConnected(identity: string, now: number): void {
    this.#workerEnded(identity, "another connection has its identity", now);
    this.#workers.move(this.#workers.add(identity, now), "silent", now);
  }

  /** A worker's connection ended. Its request goes to another one. */
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
      meet(request, worker, now);
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
    // A frame that is longer than an identity can be is not even read: it may be as large as a message.
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
      // Whoever was silent says so as it should. Others have lost their request.
      if (worker.state === "busy") this.#beginAnew(worker, now);
      else this.#takeBack(worker, now);
      worker.repliedAtMs = -Infinity;
      this.#becomeIdle(worker, now);
    } else {
      this.#receiveReply(worker, this.#reader.text(frames[message.client]!), frames, message.client + 1, now);
    }
  }

  /**
   * Does what is due by now.
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
      // A worker that has it on trial keeps its token: its reply still counts.
      else this.#waitAgain(request);
    }
    this.dispatch(now);
    this.#startTrials(now);
    this.#lateReplies.tick(now);
    let dueAtMs = Math.min(this.#requests.nextDueAtMs, this.#trialDueAtMs, this.#lateReplies.dueAtMs);
    // Once it is over, the link's own deadlines count: no lender may have credit.
    if (this.#lenders !== undefined && this.#spillDueAtMs > now) dueAtMs = Math.min(dueAtMs, this.#spillDueAtMs);
    if (this.#newcomers !== undefined && this.#hasRoomForNewcomers) {
      const fromMs = this.#newcomers.fromMs(this.#requests.olderSentSinceMs);
      if (fromMs > now) dueAtMs = Math.min(dueAtMs, fromMs);
    }
    return dueAtMs === Infinity ? -1 : Math.max(0, Math.ceil(dueAtMs - now));
  }

  /** Sends waiting requests to idle workers, as long as there are both. */
  dispatch(now: number): void {
    this.#chooseOrder(now);
    if (this.#isPaused || this.#requests.waiting === 0) return;
    while (this.#workers.idle > this.#reserved) {
      const request = this.#requests.takeNext();
      if (request === null) break;
      if (!this.#sendToIdleWorker(request, now)) {
        // No worker could be reached. The request was the next one, and stays so.
        this.#requests.waitAgain(request);
        break;
      }
    }
    if (this.#lenders !== undefined) this.#spill(this.#lenders, now);
  }

  /** Joins it to other queues. */
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
    return this.#workers.uselessSinceMs !== null;
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
        meet(request, lender, now);
        this.counters.orderlyExits++;
      }
      return this.#waitAgain(request);
    }
    this.#loseRemote(request, now);
  }

  /**
   * Refuses requests from now on, except while {@linkcode Newcomers} has them served. Called again, it changes nothing.
   *
   * @param now The time.
   * @param timeoutMs How long the drain may take. Newcomers may take the first half of it.
   */
  startDraining(now: number, timeoutMs: number): void {
    if (this.#newcomers !== undefined) return;
    this.#requests.startDraining();
    this.#newcomers = new Newcomers({ jobsMs: this.#recent.latestJobsSorted, endByMs: now + timeoutMs / 2 });
  }

  /** Sends no request to a worker until it is resumed; requests are accepted as before. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Sends requests to workers again. */
  resume(): void {
    this.#isPaused = false;
  }

  /** Ends every request that is left. */
  abandon(): void {
    for (let request = this.#requests.first; request !== null; request = this.#requests.first) {
      if (request.state === "remote") this.#lenders!.forget(request, "left at drain");
      // The request is not to blame: its queue sends it elsewhere.
      if (request.client.loan !== null) this.#returnLoan(request, "excused");
      else this.#end(request, "leftAtDrain");
    }
  }

  /** Reports a message that is neither READY nor a reply. The first one of a connection may be a client's request. */
  #reportMalformed(identity: string, worker: WorkerConnection<F> | undefined, frames: readonly F[]): void {
    const hasSpoken = worker !== undefined && worker.state !== "silent";
    // This is what most requests look like.
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
          // It was busy with another request, and has not read the one on trial yet, or has dropped it.
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
   * A busy worker answered what it was sent on trial. So it had sent its READY before that reached it, and took it for a
   * job. The request that it has now came in the meantime or comes after the answer. A REQ drops in the first case, unread,
   * what a later READY would have been answered with, and reads it in the second. Nobody can know which: the request goes to
   * another worker, which does not count as a loss, this worker counts as silent, and its reply is still welcome.
   */
  #doubt(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    worker.unconfirmed = request;
    this.#workers.move(worker, "silent", now);
    if (request !== null) this.#waitAgain(request);
  }

  /** A worker replied that has no request of its own: to the one that it may have dropped unread, or too late. */
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

  /** A worker replied to a request that it was sent. The first reply to a request is the one that counts. */
  #finish(
    worker: WorkerConnection<F>,
    request: QueuedRequest<F>,
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    this.#workers.unassign(worker);
    const { loan } = request.client;
    // Whether a loan that was returned as unconfirmed has been answered meanwhile, its queue knows.
    if (request.state === "ended" && loan === null) return this.#dropReply("late reply", worker);
    this.#recent.roll(now);
    this.#recent.addJob(now - request.sentAtMs);
    worker.jobsMs[worker.answered++ % WORKER_JOBS] = now - request.sentAtMs;
    if (loan === null) return this.#deliver(request, frames, start, now);
    if (request.state !== "ended") this.#endLoan(request);
    this.#lenders!.loanAnswered(loan, frames, start);
  }

  /** Sends a reply to the client that it is for, with which its request ends. */
  #deliver(request: QueuedRequest<F>, frames: readonly F[], start: number, now: number): void {
    const { client, sentAtMs } = request;
    // A late reply may come while another queue has it.
    if (request.state === "remote") this.#lenders!.forget(request, "answered elsewhere");
    // Before they are taken out of the message.
    const size = this.#sizeOf(frames, start);
    const outcome = client.isGone ? "unreachable" : this.#output.sendReply(client.identity, frames, start);
    this.#end(request, ENDING_BY_OUTCOME[outcome]);
    if (outcome === "sent") this.bytes.out += size;
    const isUndeliverable = outcome === "unreachable";
    if (isUndeliverable) this.counters.undeliverableReplies++;
    // Who may leave before the reply does not show how long clients wait.
    if (!this.#config.keepOrphans) this.#lateReplies.add(now - sentAtMs, isUndeliverable, now);
  }

  #becomeIdle(worker: WorkerConnection<F>, now: number): void {
    worker.unconfirmed = null;
    this.#workers.move(worker, "idle", now);
    if (worker.hasJoined) return;
    worker.hasJoined = true;
    this.#output.report({ event: "worker joined", worker: worker.identity, workers: this.#workers.size });
  }

  /** A worker was forgotten that had no request, or whose request it had not begun. */
  #reportLeft(worker: WorkerConnection<F>): void {
    if (!worker.hasJoined) return;
    this.#output.report({ event: "worker left", worker: worker.identity, workers: this.#workers.size });
  }

  /** A busy worker said READY instead of replying: the request goes to another one. */
  #beginAnew(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    if (request !== null) this.#reportLoss("ready while busy", request, worker, now);
  }

  /** A worker sent something else than the reply to its request: the request goes to another one. */
  #takeBack(worker: WorkerConnection<F>, now: number): void {
    const request = this.#workers.unassign(worker);
    if (request === null) return;
    if (request.state === "on trial") this.#waitAgain(request);
    else this.#lose(request, worker, now);
  }

  /** A worker did not reply in time. It gets nothing more until it does. */
  #timeOut(request: QueuedRequest<F>, now: number): void {
    const worker = request.holder!;
    this.#workers.unassign(worker);
    this.#workers.move(worker, "hung", now);
    // Where nothing else would ever say that it is gone, it is known again with its next message.
    if (!this.#config.knowsDepartures) this.#workers.forget(worker, now);
    this.counters.jobTimeouts++;
    this.#reportLoss("job timeout", request, worker, now);
  }

  /** A worker was lost with its request, or has lost it, and people should know. */
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

  /** A worker was lost with its request, which goes to another one after a delay, unless it has lost too many. */
  #lose(request: QueuedRequest<F>, worker: WorkerConnection<F>, now: number): LostRequest {
    this.#recent.roll(now);
    worker.lost++;
    if (request.client.loan !== null) {
      this.#returnLoan(request, "lost");
      return "returned to its queue";
    }
    meet(request, worker, now);
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
        workers: request.workersMet.map(({ worker }) => worker),
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

  /** A request waits again after a trial, a delay, or a loss that does not count; a loan does so at its own queue. */
  #waitAgain(request: QueuedRequest<F>, how: LoanReturn = "unconfirmed"): void {
    if (request.client.loan !== null) this.#returnLoan(request, how);
    else if (this.#isOrphan(request)) this.#end(request, "clientLeft");
    else this.#requests.waitAgain(request);
  }

  #isOrphan(request: QueuedRequest<F>): boolean {
    return request.client.isGone && !this.#config.keepOrphans;
  }

  /** Sends waiting requests to other queues, while these have workers to lend. */
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

  /** The bytes of the frames from a start on. */
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

  /** Sends a request to the worker that has been idle longest, of those that can be reached; `false` if there is none. */
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

  /** When the request that has waited longest may be sent to the worker that has been silent longest, if there are both. */
  get #trialDueAtMs(): number {
    const { longestWaiting } = this.#requests;
    return this.#isPaused || longestWaiting === null ? Infinity : this.#trialDueSince(longestWaiting.arrivedAtMs);
  }

  /** When a request that wants a worker since a time may be sent to a silent one. */
  #trialDueSince(wantedSinceMs: number): number {
    const { longestSilent } = this.#workers;
    if (longestSilent === null) return Infinity;
    const neededSinceMs = Math.min(wantedSinceMs, this.#dispatchedAtMs);
    return Math.max(longestSilent.stateSinceMs, neededSinceMs) + TRIAL_AFTER_MS;
  }

  /** Sends a request to a worker. One that cannot be reached is forgotten; one whose pipe is full counts as hung. */
  #trySend(worker: WorkerConnection<F>, client: string, request: QueuedRequest<F>, now: number): boolean {
    const outcome = this.#output.sendRequest(worker.identity, client, request.frames);
    if (outcome === "sent") {
      // How fast its own clients are served is what matters to the order.
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

  /** Keeps the order between connections up to date. */
  #chooseOrder(now: number): void {
    if (this.#config.order === "fifo") return;
    const backlog = this.#requests.waiting;
    const newestFirst = this.#overload.isOverloaded(backlog, now);
    if (newestFirst === this.#requests.newestFirst) return;
    this.#requests.setNewestFirst(newestFirst);
    this.#output.report({ event: "order changed", newestFirst, backlog });
  }
}

/** The bytes of a request's frames. */
function sizeOf({ bytes, frames }: QueuedRequest<unknown>): number {
  return bytes - overheadOf(frames);
}

/** What a request takes besides the bytes of its frames. */
function overheadOf(frames: readonly unknown[]): number {
  return REQUEST_OVERHEAD_BYTES + frames.length * FRAME_OVERHEAD_BYTES;
}

/** A worker was lost with a request. */
function meet<F>(request: QueuedRequest<F>, { identity }: WorkerConnection<F>, now: number): void {
  request.workersMet = [...request.workersMet, { worker: identity, sentAtMs: request.sentAtMs, lostAtMs: now }];
}
