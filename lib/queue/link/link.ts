/**
 * The decisions of a link: when a queue asks others for workers, to which queues it lends its own, and what becomes of
 * requests when messages or whole queues are lost. Like the broker, it has no sockets and no clock.
 *
 * - A request waits only at its own queue. A lender gives it to an idle worker at once or refuses it, and never passes it
 *   on.
 * - A queue with a backlog lends nothing: two of them would trade requests forever. The exception is a queue without any
 *   workers: now and then, one is kept free for it between two requests of the lender's own.
 * - Losses are found out: twice a second, an origin asks each lender about the attempts that it believes to be there. It
 *   takes back those that the lender does not know, and all of them if the lender has been silent for three seconds.
 *
 * {@linkcode LinkMessage} lists the messages.
 *
 * @module
 */

import type { ForgetReason, LenderPort, LendingBroker, Loan, LoanReturn, RemoteRequest } from "../broker/lending.ts";
import type { FrameReader } from "../../lru.ts";
import { type LinkCounters, type LinkSnapshot, zeroLinkCounters } from "./counters.ts";
import { type AttemptStatus, type LinkMessage, MAX_ATTEMPTS } from "./messages.ts";
import { shareOut } from "./shares.ts";

/** How often a queue sends its state if nothing changes. */
const WANT_INTERVAL_MS = 250;
/** How often an origin asks about its attempts at a lender. */
const HAVE_INTERVAL_MS = 500;
/** A queue that has sent nothing for this long counts as gone. */
const SILENCE_MS = 3000;
/** A queue also counts as gone if NATS says for this long that it is not there. */
const ABSENCE_MS = 300;
/** A changed limit is sent at once to a queue that may send nothing, and otherwise at most this often. */
const READY_INTERVAL_MS = 5;
/** How long a worker is kept for a queue that has none, while requests wait here ... */
const RESERVATION_MS = 100;
/** ... and how long none is kept after that queue did not use it. */
const UNUSED_RESERVATION_MS = 1000;
/** The most workers to offer at a time. */
const MAX_OFFERED = 1024;
/** The most bytes of requests that one lender may have. A single request may exceed it. */
const MAX_REMOTE_BYTES = 64 * 1024 ** 2;
/** How long results of loans that could not be sent are kept, and how many. */
const UNSENT_MS = 30_000;
const MAX_UNSENT = 256;
const MAX_UNSENT_BYTES = 64 * 1024 ** 2;
/** How soon to retry sending what there was no room for. */
const RETRY_MS = 5;
/** The most other queues that are known at a time. */
const MAX_QUEUES = 256;
/** If two ticks are further apart than this, this queue was stopped, and the silence of the others does not count. */
const STOPPED_MS = 1000;

/** What happened that people may want to know. */
export type LinkReport = {
  /** Another queue has appeared, or is gone. */
  readonly event: "queue joined" | "queue left";
  readonly queue: string;
  readonly address: string;
  /** How many of this queue's requests were there. */
  readonly borrowed: number;
};

/** The link's effects. */
export interface LinkOutput<F> {
  /**
   * Sends a message to another queue, or to all.
   *
   * @param to The other queue; empty for all.
   * @param message The message.
   * @param frames A request or reply: the frames from index `start` on. The caller keeps them.
   * @param start The index.
   * @returns Whether it was sent; `false` if there is no room for it now.
   */
  send(to: string, message: LinkMessage, frames: readonly F[], start: number): boolean;
  /**
   * Takes the frames from an index on out of the worker's message that is being read, so that they can be kept.
   *
   * @param frames The message.
   * @param start The index.
   * @returns The frames, to be released later.
   */
  keep(frames: readonly F[], start: number): readonly F[];
  /** Drops frames that were kept. */
  release(frames: readonly F[]): void;
  /** Reports what happened. */
  report(report: LinkReport): void;
}

/** What a {@linkcode Link} needs. */
export interface LinkParts<F> {
  /** The queue's identifier: random, 16 hexadecimal digits. */
  readonly id: string;
  /** Where its clients connect, to show to people. */
  readonly address: string;
  /** Reads frames. */
  readonly reader: FrameReader<F>;
  /** The queue's decisions. */
  readonly broker: LendingBroker<F>;
  /** Carries out the decisions. */
  readonly output: LinkOutput<F>;
}

/** A request of this queue at another one. */
interface Attempt<F> {
  readonly number: number;
  readonly request: RemoteRequest<F>;
  readonly lender: Peer<F>;
}

/** A request of another queue. */
interface OriginLoan extends Loan {
  readonly attempt: number;
}

/** The result of a loan that could not be sent yet. */
interface Unsent<F> {
  readonly loan: OriginLoan;
  readonly status: AttemptStatus;
  readonly frames: readonly F[];
  readonly bytes: number;
  readonly untilMs: number;
}

/** Another queue. */
class Peer<F> {
  heardAtMs: number;
  /** Since when NATS has been saying that it is not there. */
  absentSinceMs: number | null = null;
  address = "";
  workers = 0;
  // Its state as a borrower.
  wanted = 0;
  wantedSinceMs = Infinity;
  hasWorkers = true;
  /** How many requests it has sent here, as far as known. */
  base = 0;
  /** The limit that it was last sent. */
  told = 0;
  toldAtMs = -Infinity;
  /** How many of its requests run here. */
  running = 0;
  /** The number of its last loan among all loans. */
  lastLoan = 0;
  /** Until when a worker is kept for it; `Infinity`: none is idle yet; `null`: none is kept. */
  reservedUntilMs: number | null = null;
  reserveAfterMs = 0;
  /** The broker's `dispatched` when it was last lent a worker. */
  dispatchedAtLoan = -1;
  // Its state as a lender.
  /** How many requests may be sent to it in total. */
  limit = 0;
  /** How many have been sent to it. */
  sent = 0;
  readonly attempts = new Set<Attempt<F>>();
  /** Attempts that it has returned as unconfirmed. It may still reply to them. */
  readonly unconfirmed = new Map<number, RemoteRequest<F>>();
  bytes = 0;
  haveDueMs = 0;

  constructor(readonly id: string, now: number) {
    this.heardAtMs = now;
  }

  get credit(): number {
    if (this.attempts.size >= MAX_ATTEMPTS || this.bytes >= MAX_REMOTE_BYTES) return 0;
    return this.limit - this.sent;
  }
}

const NO_FRAMES: readonly never[] = [];

/** The state and decisions of a link; see the module. Times are milliseconds of a monotonic clock. */
export class Link<F> implements LenderPort<F> {
  /** What happened since the start. */
  readonly counters: LinkCounters = zeroLinkCounters();
  readonly #id: string;
  readonly #address: string;
  readonly #reader: FrameReader<F>;
  readonly #broker: LendingBroker<F>;
  readonly #output: LinkOutput<F>;
  readonly #peers = new Map<string, Peer<F>>();
  readonly #attempts = new Map<number, Attempt<F>>();
  readonly #byRequest = new Map<RemoteRequest<F>, Attempt<F>>();
  readonly #loans = new Map<string, OriginLoan>();
  readonly #unsent: Unsent<F>[] = [];
  #unsentBytes = 0;
  #attempt = 0;
  #server: string | null = null;
  #connectedAtMs = -Infinity;
  /** The queue that may be lent a worker that has not said READY. */
  #trialFor: Peer<F> | undefined;
  /** Whether a request could not be sent since the last tick. */
  #isFull = false;
  #now = -Infinity;
  #tickedAtMs = Infinity;
  #wantAtMs = -Infinity;
  #toldWanted = 0;
  #toldHasWorkers = false;

  /** @param parts What it needs. */
  constructor({ id, address, reader, broker, output }: LinkParts<F>) {
    this.#id = id;
    this.#address = address;
    this.#reader = reader;
    this.#broker = broker;
    this.#output = output;
  }

  /** A snapshot of the link. */
  get snapshot(): LinkSnapshot {
    return {
      server: this.#server,
      queues: [...this.#peers.values()].map((peer) => ({
        id: peer.id,
        address: peer.address,
        workers: peer.workers,
        wanted: peer.wanted,
        lent: peer.running,
        borrowed: peer.attempts.size,
      })),
      counters: { ...this.counters },
    };
  }

  /** How many of this queue's requests other queues have. */
  get borrowed(): number {
    return this.#attempts.size;
  }

  /** How many requests of other queues run here. */
  get lent(): number {
    return this.#loans.size;
  }

  /** Whether results of loans wait to be sent. */
  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /**
   * The link has connected to a server. Messages may have been lost before.
   *
   * @param server The server, as shown to people.
   * @param now The time.
   */
  connected(server: string, now: number): void {
    this.#server = server;
    this.#connectedAtMs = now;
    this.#wantAtMs = -Infinity;
    // Messages sent without a connection are lost, so limits are sent again and attempts are asked about.
    for (const peer of this.#peers.values()) {
      peer.told = -1;
      peer.haveDueMs = now;
    }
  }

  /** The connection is lost. */
  disconnected(): void {
    this.#server = null;
  }

  /** NATS says that nobody received an attempt, so it was not begun. */
  nobodyThere(attempt: number, now: number): void {
    const known = this.#attempts.get(attempt);
    if (known === undefined) return;
    known.lender.limit = known.lender.sent;
    this.#settle(known);
    this.counters.borrowedRefused++;
    this.#broker.remoteReturned(known.request, "refused", now);
  }

  /**
   * NATS says that a queue is not there. It may be about to reconnect, so it is asked once more, and counts as gone if it is
   * still not there.
   */
  absent(queue: string, now: number): void {
    const peer = this.#peers.get(queue);
    if (peer === undefined) return;
    if (peer.absentSinceMs === null) {
      peer.absentSinceMs = now;
      peer.haveDueMs = now + ABSENCE_MS;
    } else if (now - peer.absentSinceMs >= ABSENCE_MS) {
      this.#part(peer, now);
    }
  }

  /**
   * A message arrived from another queue.
   *
   * @param sender The other queue.
   * @param message The message.
   * @param frames A message whose frames from `start` on belong to it; the broker may take some out of it.
   * @param start The index.
   * @param now The time.
   * @returns Whether the broker now owns the frames from `start` on.
   */
  receive(sender: string, message: LinkMessage, frames: readonly F[], start: number, now: number): boolean {
    this.#now = now;
    const peer = this.#meet(sender, message, now);
    if (peer === undefined) return false;
    peer.heardAtMs = now;
    peer.absentSinceMs = null;
    switch (message.kind) {
      case "want":
        if (message.wanted === 0) peer.wantedSinceMs = Infinity;
        else if (peer.wanted === 0) peer.wantedSinceMs = now;
        peer.wanted = message.wanted;
        peer.workers = message.workers;
        peer.hasWorkers = message.hasWorkers;
        if (message.wanted === 0) peer.reservedUntilMs = null;
        // It repeats this while it wants workers. The last limit may have been lost on the way, so it is sent again.
        if (message.wanted > 0) peer.told = -1;
        return false;
      case "ready":
        this.#setLimit(peer, message.base, message.limit);
        return false;
      case "run":
        return this.#lend(peer, message.attempt, message.sent, frames.slice(start), now);
      case "re":
        this.#receiveReply(peer, message, frames, start, now);
        return false;
      case "have": {
        peer.base = Math.max(peer.base, message.sent);
        const unknown = message.attempts.filter((attempt) => !this.#knows(peer.id, attempt));
        this.#say(peer.id, { kind: "had", unknown });
        return false;
      }
      case "had":
        for (const number of message.unknown) {
          const attempt = this.#attempts.get(number);
          if (attempt?.lender === peer) this.#lose(attempt, now);
        }
        return false;
    }
  }

  /**
   * Handles everything that is due.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up.
   */
  tick(now: number): number {
    if (now - this.#tickedAtMs > STOPPED_MS) {
      for (const peer of this.#peers.values()) peer.heardAtMs += now - this.#tickedAtMs;
    }
    this.#tickedAtMs = now;
    this.#now = now;
    const wasFull = this.#isFull;
    this.#isFull = false;
    for (const peer of this.#peers.values()) if (now - peer.heardAtMs >= SILENCE_MS) this.#part(peer, now);
    this.#sendUnsent(now);
    let dueAtMs = now + WANT_INTERVAL_MS;
    if (wasFull || this.#unsent.length > 0 && this.#server !== null) dueAtMs = now + RETRY_MS;
    const borrowers = this.#borrowers();
    this.#reserve(borrowers, now);
    if (this.#server === null) return Math.ceil(dueAtMs - now);
    dueAtMs = Math.min(dueAtMs, this.#want(now));
    const offers = this.#offers(borrowers, 0);
    for (const peer of this.#peers.values()) {
      dueAtMs = Math.min(dueAtMs, this.#tellLimit(peer, offers.get(peer) ?? 0, now), this.#askFor(peer, now));
      if (peer.reservedUntilMs !== null) dueAtMs = Math.min(dueAtMs, peer.reservedUntilMs);
    }
    return Math.max(0, Math.ceil(dueAtMs - now));
  }

  /** Tells other queues that this one is leaving, so that they do not wait for it. */
  leave(): void {
    this.#say("", {
      kind: "want",
      wanted: 0,
      workers: 0,
      hasWorkers: false,
      address: this.#address,
      isLeaving: true,
    });
    this.counters.unsentLoanReplies += this.#unsent.length;
    for (const { frames } of this.#unsent.splice(0)) this.#output.release(frames);
    this.#unsentBytes = 0;
  }

  /** @see LenderPort.hasCredit */
  get hasCredit(): boolean {
    if (this.#server === null || this.#isFull) return false;
    for (const peer of this.#peers.values()) if (peer.credit > 0) return true;
    return false;
  }

  /** @see LenderPort.send */
  send(request: RemoteRequest<F>, now: number): string | null {
    const lender = this.#bestLender();
    if (lender === undefined) return null;
    const number = ++this.#attempt;
    const message = { kind: "run", attempt: number, sent: lender.sent + 1 } as const;
    if (!this.#output.send(lender.id, message, request.frames, 0)) {
      this.#isFull = true;
      return null;
    }
    if (lender.attempts.size === 0) lender.haveDueMs = now + HAVE_INTERVAL_MS;
    lender.sent++;
    const attempt = { number, request, lender };
    lender.attempts.add(attempt);
    lender.bytes += request.bytes;
    this.#attempts.set(number, attempt);
    this.#byRequest.set(request, attempt);
    this.counters.borrowed++;
    return nameOf(lender);
  }

  /** @see LenderPort.forget */
  forget(request: RemoteRequest<F>, why: ForgetReason): void {
    const attempt = this.#byRequest.get(request);
    if (attempt === undefined) return;
    this.#settle(attempt);
    if (why === "timed out") this.counters.borrowedTimedOut++;
    else if (why === "left at drain") this.counters.borrowedLeftAtDrain++;
    else this.counters.borrowedExcused++;
  }

  /** @see LenderPort.loanAnswered */
  loanAnswered(loan: Loan, frames: readonly F[], start: number): void {
    // A loan that was returned as unconfirmed has already ended and been counted.
    if (this.#loans.has(keyOf(loan as OriginLoan))) {
      this.counters.lentAnswered++;
      this.#endLoan(loan as OriginLoan);
    }
    this.#reply(loan as OriginLoan, "ok", frames, start);
  }

  /** @see LenderPort.loanReturned */
  loanReturned(loan: Loan, how: LoanReturn): void {
    if (how === "lost") this.counters.lentLost++;
    else this.counters.lentExcused++;
    this.#endLoan(loan as OriginLoan);
    this.#reply(loan as OriginLoan, how, NO_FRAMES, 0);
  }

  #meet(id: string, message: LinkMessage, now: number): Peer<F> | undefined {
    const known = this.#peers.get(id);
    if (message.kind === "want" && message.isLeaving) {
      if (known !== undefined) this.#part(known, now);
      return undefined;
    }
    if (known !== undefined) return known;
    if (this.#peers.size >= MAX_QUEUES) {
      this.counters.malformedLinkMessages++;
      return undefined;
    }
    const peer = new Peer<F>(id, now);
    for (const { origin } of this.#loans.values()) if (origin === id) peer.running++;
    if (message.kind === "want") peer.address = message.address;
    this.#peers.set(id, peer);
    // Introduces this queue to it, before it needs workers.
    this.#wantAtMs = -Infinity;
    this.#output.report({ event: "queue joined", queue: id, address: peer.address, borrowed: 0 });
    return peer;
  }

  /** A queue is gone: all attempts that it had are lost. */
  #part(peer: Peer<F>, now: number): void {
    this.#peers.delete(peer.id);
    this.#output.report({
      event: "queue left",
      queue: peer.id,
      address: peer.address,
      borrowed: peer.attempts.size,
    });
    for (const attempt of peer.attempts) this.#lose(attempt, now);
  }

  #lend(peer: Peer<F>, number: number, sent: number, frames: readonly F[], now: number): boolean {
    if (frames.length === 0 || this.#knows(peer.id, number)) {
      this.counters.malformedLinkMessages++;
      return false;
    }
    peer.base = Math.max(peer.base, sent);
    this.counters.lent++;
    const loan: OriginLoan = { origin: peer.id, attempt: number };
    const isReserved = peer.reservedUntilMs !== null && peer.reservedUntilMs < Infinity;
    const isOnTrial = this.#trialFor === peer;
    this.#trialFor = undefined;
    if (
      (this.#broker.lendsIdle || isReserved) && this.#broker.lend(loan, frames, now) ||
      isOnTrial && this.#broker.lendOnTrial(loan, frames, now)
    ) {
      this.#loans.set(keyOf(loan), loan);
      peer.running++;
      peer.lastLoan = this.counters.lent;
      peer.reservedUntilMs = null;
      peer.dispatchedAtLoan = this.#broker.dispatched;
      return true;
    }
    this.counters.lentRefused++;
    this.#reply(loan, "refused", NO_FRAMES, 0);
    return false;
  }

  #endLoan(loan: OriginLoan): void {
    this.#loans.delete(keyOf(loan));
    const peer = this.#peers.get(loan.origin);
    if (peer !== undefined) peer.running--;
  }

  #reply(loan: OriginLoan, status: AttemptStatus, frames: readonly F[], start: number): void {
    if (this.#unsent.length === 0 && this.#trySendReply(loan, status, frames, start)) return;
    let bytes = 0;
    for (let index = start; index < frames.length; index++) bytes += this.#reader.size(frames[index]!);
    if (this.#unsent.length >= MAX_UNSENT || this.#unsentBytes + bytes > MAX_UNSENT_BYTES) {
      this.counters.unsentLoanReplies++;
      return;
    }
    const kept = frames.length > start ? this.#output.keep(frames, start) : NO_FRAMES;
    this.#unsent.push({ loan, status, frames: kept, bytes, untilMs: this.#now + UNSENT_MS });
    this.#unsentBytes += bytes;
  }

  #trySendReply(loan: OriginLoan, status: AttemptStatus, frames: readonly F[], start: number): boolean {
    const peer = this.#peers.get(loan.origin);
    // NATS stores nothing. If the connection was lost, the other queue may not have reconnected yet.
    if (this.#server === null || (peer !== undefined && peer.heardAtMs < this.#connectedAtMs)) return false;
    const base = peer?.base ?? 0;
    // The worker that answered will be idle in a moment.
    const offered = peer === undefined ? 0 : this.#offers(this.#borrowers(), status === "ok" ? 1 : 0).get(peer) ?? 0;
    const limit = base + offered;
    if (!this.#output.send(loan.origin, { kind: "re", attempt: loan.attempt, status, base, limit }, frames, start)) {
      return false;
    }
    if (peer !== undefined) {
      peer.told = limit;
      peer.toldAtMs = this.#now;
    }
    return true;
  }

  #sendUnsent(now: number): void {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const isSent = this.#trySendReply(first.loan, first.status, first.frames, 0);
      // A queue that is gone also considers this one gone.
      const isKept = now < first.untilMs && this.#peers.has(first.loan.origin);
      if (!isSent && isKept) return;
      if (!isSent) this.counters.unsentLoanReplies++;
      this.#unsent.shift();
      this.#unsentBytes -= first.bytes;
      this.#output.release(first.frames);
    }
  }

  #knows(origin: string, attempt: number): boolean {
    return this.#loans.has(keyOf({ origin, attempt })) ||
      this.#unsent.some(({ loan }) => loan.origin === origin && loan.attempt === attempt);
  }

  #receiveReply(
    peer: Peer<F>,
    { attempt: number, status, base, limit }: LinkMessage & { kind: "re" },
    frames: readonly F[],
    start: number,
    now: number,
  ): void {
    this.#setLimit(peer, base, limit);
    if (status === "ok" && frames.length === start) {
      this.counters.malformedLinkMessages++;
      return;
    }
    const attempt = this.#attempts.get(number);
    if (attempt?.lender !== peer) {
      const isWelcome = status === "ok" && this.#receiveUnconfirmed(peer, number, frames, start, now);
      if (!isWelcome) this.counters.lateRemoteReplies++;
      return;
    }
    switch (status) {
      case "ok":
        this.#settle(attempt);
        this.counters.borrowedAnswered++;
        this.#broker.remoteAnswered(attempt.request, frames, start, now);
        return;
      case "lost":
        return this.#lose(attempt, now);
      case "refused":
        this.counters.borrowedRefused++;
        break;
      case "unconfirmed":
        peer.unconfirmed.set(number, attempt.request);
        // The oldest is the least likely to be answered.
        if (peer.unconfirmed.size > MAX_ATTEMPTS) peer.unconfirmed.delete(peer.unconfirmed.keys().next().value!);
        this.counters.borrowedExcused++;
        break;
      case "excused":
        this.counters.borrowedExcused++;
    }
    this.#settle(attempt);
    this.#broker.remoteReturned(attempt.request, status, now);
  }

  /** A reply to a request that was returned as unconfirmed; `false` if another reply came first. */
  #receiveUnconfirmed(peer: Peer<F>, number: number, frames: readonly F[], start: number, now: number): boolean {
    const request = peer.unconfirmed.get(number);
    peer.unconfirmed.delete(number);
    return request !== undefined && this.#broker.remoteAnswered(request, frames, start, now);
  }

  #lose(attempt: Attempt<F>, now: number): void {
    this.#settle(attempt);
    this.counters.borrowedLost++;
    this.#broker.remoteReturned(attempt.request, "lost", now);
  }

  /** An attempt is over. */
  #settle(attempt: Attempt<F>): void {
    const { number, request, lender } = attempt;
    this.#attempts.delete(number);
    this.#byRequest.delete(request);
    lender.attempts.delete(attempt);
    lender.bytes -= request.bytes;
  }

  #setLimit(peer: Peer<F>, base: number, limit: number): void {
    // This queue had considered it gone and forgotten how many it had sent; the other queue has not.
    if (base > peer.sent) peer.sent = base;
    peer.limit = limit;
  }

  #bestLender(): Peer<F> | undefined {
    let best: Peer<F> | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.credit > (best?.credit ?? 0)) best = peer;
    }
    return best;
  }

  /** Keeps workers for queues that have none, while requests wait here. */
  #reserve(borrowers: readonly Peer<F>[], now: number): void {
    const mayReserve = this.#server !== null && this.#broker.waiting > 0 && !this.#broker.lendsNothing;
    let reserved = 0;
    for (const peer of borrowers) {
      if (!mayReserve || peer.hasWorkers || peer.running > 0) {
        peer.reservedUntilMs = null;
      } else if (peer.reservedUntilMs === null) {
        const isItsTurn = this.#broker.dispatched > peer.dispatchedAtLoan;
        if (isItsTurn && now >= peer.reserveAfterMs) peer.reservedUntilMs = Infinity;
      } else if (now >= peer.reservedUntilMs) {
        peer.reservedUntilMs = null;
        peer.reserveAfterMs = now + UNUSED_RESERVATION_MS;
      }
      if (peer.reservedUntilMs === null) continue;
      reserved++;
      if (peer.reservedUntilMs === Infinity && this.#broker.idle >= reserved) {
        peer.reservedUntilMs = now + RESERVATION_MS;
      }
    }
    this.#broker.reserve(reserved);
  }

  /** The queues that want workers, least recently served first. */
  #borrowers(): readonly Peer<F>[] {
    const borrowers: Peer<F>[] = [];
    for (const peer of this.#peers.values()) if (peer.wanted > 0) borrowers.push(peer);
    return borrowers.sort((one, other) => one.lastLoan - other.lastLoan);
  }

  /** How many workers to offer to each queue that wants some. `freed`: how many more will be idle in a moment. */
  #offers(borrowers: readonly Peer<F>[], freed: number): Map<Peer<F>, number> {
    const offers = new Map<Peer<F>, number>();
    this.#trialFor = undefined;
    if (borrowers.length === 0 || this.#server === null || this.#broker.lendsNothing) return offers;
    // Further replies could not be sent, either.
    if (this.#unsent.length > 0) return offers;
    if (this.#broker.lendsIdle) {
      const shares = shareOut(Math.min(this.#broker.idle + freed, MAX_OFFERED), borrowers);
      borrowers.forEach((peer, index) => offers.set(peer, shares[index]!));
      // Workers that were idle when this queue was restarted have not said READY again. They must be tried, since nothing
      // else would ever be sent to them.
      const mayTry = ({ wantedSinceMs }: Peer<F>) => this.#broker.trialDueAtMs(wantedSinceMs) <= this.#now;
      if (freed === 0) this.#trialFor = borrowers.find(mayTry);
      if (this.#trialFor !== undefined) offers.set(this.#trialFor, 1);
    } else {
      for (const peer of borrowers) if ((peer.reservedUntilMs ?? Infinity) < Infinity) offers.set(peer, 1);
    }
    return offers;
  }

  /** Sends this queue's `want` if it is due; returns when it is due again. */
  #want(now: number): number {
    const wanted = this.#broker.mayBorrow(now) ? this.#broker.waiting : 0;
    const hasWorkers = !this.#broker.isWithoutWorkers;
    const isNews = wanted > 0 !== this.#toldWanted > 0 || wanted > 2 * this.#toldWanted ||
      hasWorkers !== this.#toldHasWorkers;
    const dueAtMs = isNews ? this.#wantAtMs + READY_INTERVAL_MS : this.#wantAtMs + WANT_INTERVAL_MS;
    if (now < dueAtMs) return dueAtMs;
    this.#wantAtMs = now;
    this.#toldWanted = wanted;
    this.#toldHasWorkers = hasWorkers;
    const { workers } = this.#broker;
    this.#say("", { kind: "want", wanted, workers, hasWorkers, address: this.#address, isLeaving: false });
    return now + WANT_INTERVAL_MS;
  }

  /** Sends a queue its limit if that has changed and is due; returns when it is due. */
  #tellLimit(peer: Peer<F>, offered: number, now: number): number {
    const limit = peer.base + offered;
    if (limit === peer.told) return Infinity;
    const isStarved = peer.told <= peer.base && offered > 0;
    const dueAtMs = isStarved ? now : peer.toldAtMs + READY_INTERVAL_MS;
    if (now < dueAtMs) return dueAtMs;
    if (!this.#say(peer.id, { kind: "ready", base: peer.base, limit })) return now + READY_INTERVAL_MS;
    peer.told = limit;
    peer.toldAtMs = now;
    return Infinity;
  }

  /** Asks a lender about its attempts if that is due; returns when it is due again. */
  #askFor(peer: Peer<F>, now: number): number {
    if (peer.sent === 0) return Infinity;
    if (now < peer.haveDueMs) return peer.haveDueMs;
    peer.haveDueMs = now + HAVE_INTERVAL_MS;
    const attempts = [...peer.attempts].map(({ number }) => number);
    this.#say(peer.id, { kind: "have", sent: peer.sent, attempts });
    return peer.haveDueMs;
  }

  #say(to: string, message: LinkMessage): boolean {
    return this.#output.send(to, message, NO_FRAMES, 0);
  }
}

function keyOf({ origin, attempt }: Pick<OriginLoan, "origin" | "attempt">): string {
  return `${origin}/${attempt}`;
}

/** The name of a queue, as shown to people. */
function nameOf<F>({ id, address }: Peer<F>): string {
  return address === "" ? id : address;
}
