/**
 * The decisions of a link: when a queue asks others for workers, to whom it lends its own, and what becomes of requests that
 * are under way when messages or whole queues are lost. It has no sockets and no clock, as the broker.
 *
 * - A request waits at its own queue only. A lender gives it to an idle worker at once, or refuses it; it is never passed on.
 * - A queue with a backlog lends nothing: two of them would trade requests for ever. To a queue that has no workers at all it
 *   keeps one free now and then, between two requests of its own.
 * - Whoever lost something finds out: an origin asks twice a second for what it believes to be at a lender, and takes back
 *   what the lender does not know, and everything when the lender has been silent for three seconds.
 *
 * {@linkcode LinkMessage} has the messages.
 *
 * @module
 */

import type { ForgetReason, LenderPort, LendingBroker, Loan, LoanReturn, RemoteRequest } from "../broker/lending.ts";
import type { FrameReader } from "../../lru.ts";
import { type LinkCounters, type LinkSnapshot, zeroLinkCounters } from "./counters.ts";
import { type AttemptStatus, type LinkMessage, MAX_ATTEMPTS } from "./messages.ts";
import { shareOut } from "./shares.ts";

/** How often a queue says how it is, if nothing changes. */
const WANT_INTERVAL_MS = 250;
/** How often an origin asks for what it believes to be at a lender. */
const HAVE_INTERVAL_MS = 500;
/** A queue that has said nothing for this long counts as gone. */
const SILENCE_MS = 3000;
/** Or if NATS says for this long that it is not there. */
const ABSENCE_MS = 300;
/** A limit that changes is told at once to a queue that may send nothing, else at most this often. */
const READY_INTERVAL_MS = 5;
/** How long a worker is kept for a queue that has none, while requests wait here ... */
const RESERVATION_MS = 100;
/** ... and how long not, when that queue did not use it. */
const UNUSED_RESERVATION_MS = 1000;
/** The most workers that are offered at a time. */
const MAX_OFFERED = 1024;
/** The bytes of requests that one lender may have. A single request may have more. */
const MAX_REMOTE_BYTES = 64 * 1024 ** 2;
/** What became of a loan, and could not be sent: how long it is kept, and how much of it. */
const UNSENT_MS = 30_000;
const MAX_UNSENT = 256;
const MAX_UNSENT_BYTES = 64 * 1024 ** 2;
/** When it is tried again to send what there was no room for. */
const RETRY_MS = 5;
/** Other queues that are known at a time. */
const MAX_QUEUES = 256;
/** If its own turns are further apart than this, the queue was stopped, and the others were not silent. */
const STOPPED_MS = 1000;

/** What happened that people may want to know. */
export type LinkReport = {
  /** Another queue appeared, or is gone. */
  readonly event: "queue joined" | "queue left";
  readonly queue: string;
  readonly address: string;
  /** How many requests of this queue were there. */
  readonly borrowed: number;
};

/** What the link does to the world. */
export interface LinkOutput<F> {
  /**
   * Sends a message to another queue, or to all.
   *
   * @param to The other queue; empty for all.
   * @param message The message.
   * @param frames A request or reply: the frames from index `start` on. They stay the caller's.
   * @param start The index.
   * @returns Whether it was sent; `false` if there is no room for it now.
   */
  send(to: string, message: LinkMessage, frames: readonly F[], start: number): boolean;
  /**
   * Takes frames out of a worker's message that is being read, from an index on, so that they stay.
   *
   * @param frames The message.
   * @param start The index.
   * @returns The frames, to be released.
   */
  keep(frames: readonly F[], start: number): readonly F[];
  /** Drops frames that were kept. */
  release(frames: readonly F[]): void;
  /** Reports what happened. */
  report(report: LinkReport): void;
}

/** What a {@linkcode Link} needs. */
export interface LinkParts<F> {
  /** The queue's name for itself: random, 16 hexadecimal digits. */
  readonly id: string;
  /** Where its clients connect, for people. */
  readonly address: string;
  /** Reads frames. */
  readonly reader: FrameReader<F>;
  /** The queue's decisions. */
  readonly broker: LendingBroker<F>;
  /** Does what is decided. */
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

/** What became of a loan, and could not be sent yet. */
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
  /** Since when NATS says that it is not there. */
  absentSinceMs: number | null = null;
  address = "";
  workers = 0;
  // As one that wants workers.
  wanted = 0;
  wantedSinceMs = Infinity;
  hasWorkers = true;
  /** How many requests it has sent here, as far as is known. */
  base = 0;
  /** How many it may have sent, as it was told last. */
  told = 0;
  toldAtMs = -Infinity;
  /** How many of its requests run here. */
  running = 0;
  /** Which of all loans its last one was. */
  lastLoan = 0;
  /** Until when a worker is kept for it; `Infinity`: none is idle yet; `null`: none is kept. */
  reservedUntilMs: number | null = null;
  reserveAfterMs = 0;
  /** What the broker had dispatched when it was lent a worker last. */
  dispatchedAtLoan = -1;
  // As one that lends workers.
  /** How many requests it may have been sent. */
  limit = 0;
  /** How many it has been sent. */
  sent = 0;
  readonly attempts = new Set<Attempt<F>>();
  /** Attempts that it has returned as unconfirmed: it may still have a reply. */
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

/** The state and the decisions of a link; see the module. Times are milliseconds of any clock that never goes back. */
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
  /** Which queue may have a worker that has not said READY. */
  #trialFor: Peer<F> | undefined;
  /** Whether a request could not be sent in this turn. */
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

  /** What it tells of this moment. */
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

  /** Requests of this queue that others have. */
  get borrowed(): number {
    return this.#attempts.size;
  }

  /** Requests of others that run here. */
  get lent(): number {
    return this.#loans.size;
  }

  /** Whether what became of a loan waits to be sent. */
  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /**
   * It is connected to a server, where messages may have been lost.
   *
   * @param server The server, for people.
   * @param now The time.
   */
  connected(server: string, now: number): void {
    this.#server = server;
    this.#connectedAtMs = now;
    this.#wantAtMs = -Infinity;
    // What was said while there was no connection is lost. Limits are told again, and attempts are asked for.
    for (const peer of this.#peers.values()) {
      peer.told = -1;
      peer.haveDueMs = now;
    }
  }

  /** The connection is lost. */
  disconnected(): void {
    this.#server = null;
  }

  /** NATS says that nobody was there for an attempt. It was not begun. */
  nobodyThere(attempt: number, now: number): void {
    const known = this.#attempts.get(attempt);
    if (known === undefined) return;
    known.lender.limit = known.lender.sent;
    this.#settle(known);
    this.counters.borrowedRefused++;
    this.#broker.remoteReturned(known.request, "refused", now);
  }

  /**
   * NATS says that a queue that was asked is not there. It may be about to connect again: so it is asked once more, and is gone
   * if it is not there then.
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
   * A message came from another queue.
   *
   * @param sender The other queue.
   * @param message What it said.
   * @param frames A message whose frames from `start` on belong to it; the broker may take some out of it.
   * @param start The index.
   * @param now The time.
   * @returns Whether the frames from `start` on are the broker's now.
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
        // What it was told last may have been lost on the way, also with a reply. It says again and again that it wants some.
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
   * Does what is due by now.
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

  /** Says that the queue ends, so that others do not wait for it. */
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
    // One that was returned as unconfirmed is over, and counted.
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
    // So that it knows this queue, too, before it needs it.
    this.#wantAtMs = -Infinity;
    this.#output.report({ event: "queue joined", queue: id, address: peer.address, borrowed: 0 });
    return peer;
  }

  /** A queue is gone, and everything that it had goes back. */
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
    // A server that was away keeps nothing: whoever had lost it as well may not be back yet.
    if (this.#server === null || (peer !== undefined && peer.heardAtMs < this.#connectedAtMs)) return false;
    const base = peer?.base ?? 0;
    // The worker that answered is idle in a moment.
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
      // A queue that is gone takes this one for gone as well.
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
        // The oldest one is the least likely to be answered.
        if (peer.unconfirmed.size > MAX_ATTEMPTS) peer.unconfirmed.delete(peer.unconfirmed.keys().next().value!);
        this.counters.borrowedExcused++;
        break;
      case "excused":
        this.counters.borrowedExcused++;
    }
    this.#settle(attempt);
    this.#broker.remoteReturned(attempt.request, status, now);
  }

  /** The reply came to a request that was returned as unconfirmed; `false` if another one came first. */
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
    // It remembers more than this queue does, which had taken it for gone.
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

  /** The queues that want workers; the one that was lent one longest ago first. */
  #borrowers(): readonly Peer<F>[] {
    const borrowers: Peer<F>[] = [];
    for (const peer of this.#peers.values()) if (peer.wanted > 0) borrowers.push(peer);
    return borrowers.sort((one, other) => one.lastLoan - other.lastLoan);
  }

  /** How many workers are offered to each queue that wants some. `freed`: workers that are idle in a moment. */
  #offers(borrowers: readonly Peer<F>[], freed: number): Map<Peer<F>, number> {
    const offers = new Map<Peer<F>, number>();
    this.#trialFor = undefined;
    if (borrowers.length === 0 || this.#server === null || this.#broker.lendsNothing) return offers;
    // What is lent would come back sooner than it can be sent.
    if (this.#unsent.length > 0) return offers;
    if (this.#broker.lendsIdle) {
      const shares = shareOut(Math.min(this.#broker.idle + freed, MAX_OFFERED), borrowers);
      borrowers.forEach((peer, index) => offers.set(peer, shares[index]!));
      // Workers that were idle when this queue was started anew, and have not said READY again: else nobody would ever ask them.
      const mayTry = ({ wantedSinceMs }: Peer<F>) => this.#broker.trialDueAtMs(wantedSinceMs) <= this.#now;
      if (freed === 0) this.#trialFor = borrowers.find(mayTry);
      if (this.#trialFor !== undefined) offers.set(this.#trialFor, 1);
    } else {
      for (const peer of borrowers) if ((peer.reservedUntilMs ?? Infinity) < Infinity) offers.set(peer, 1);
    }
    return offers;
  }

  /** Says what this queue wants, if it is time; returns when it is time again. */
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

  /** Tells a queue its limit, if that has changed and it is time; returns when it is time. */
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

  /** Asks a lender for what it has, if it is time; returns when it is time again. */
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

/** How people know a queue. */
function nameOf<F>({ id, address }: Peer<F>): string {
  return address === "" ? id : address;
}
