/**
 * What the queue promises, as simply as possible: one array of requests that is searched from the start each time.
 *
 * The model receives the same events as the broker, and what each message of a worker means. It notes what has to be sent
 * and reported, as {@linkcode FakeOutput} does.
 *
 * @module
 */

import { brokerConfig } from "./broker_config.ts";
import type { LostRequest } from "../../../lib/queue/broker/output.ts";
import { type BrokerConfig, FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "../../../lib/queue/broker/options.ts";
import {
  type BrokerCounters,
  type BrokerGauges,
  type Ending,
  zeroCounters,
} from "../../../lib/queue/broker/statistics.ts";
import { aliasOf, formatReport, formatSend, type OutcomeOf } from "./fake_output.ts";

/** What a worker's message means. */
export type Message =
  | { readonly means: "ready" }
  /** Neither READY nor a reply; `isRequest`: it looks like a client's request. */
  | { readonly means: "nonsense"; readonly isRequest: boolean }
  /** A reply: the name in the client's place, and the frames for it. */
  | { readonly means: "reply"; readonly to: string; readonly frames: readonly string[] };

interface Connection {
  readonly identity: string;
  isGone: boolean;
}

interface ModelRequest {
  readonly connection: Connection;
  readonly frames: readonly string[];
  readonly bytes: number;
  readonly arrivedAtMs: number;
  /** `returned`: it waits before all new ones. */
  state: "new" | "returned" | "delayed" | "in flight" | "on trial" | "ended";
  holder: ModelWorker | null;
  sentAtMs: number;
  /** Whether its job has been reported as slow. */
  isSlow: boolean;
  dueAtMs: number;
  orderlyExits: number;
  /** How many workers were lost with it, as far as that counts. */
  losses: number;
  /** All workers that were lost with it. */
  readonly lost: string[];
  /** Whether it came while the queue drained. */
  readonly isNewcomer: boolean;
}

interface ModelWorker {
  readonly identity: string;
  state: "silent" | "idle" | "busy" | "on trial" | "hung" | "suspect";
  /** What it received last. */
  request: ModelRequest | null;
  token: string;
  connectedAtMs: number;
  /** When its last message came, if that was a reply. */
  repliedAtMs: number;
  /** What it may have dropped unread. */
  unconfirmed: ModelRequest | null;
  hasJoined: boolean;
}

/** The queue that the broker should be. */
export class BrokerModel {
  /** What has to be sent and reported, in this order. */
  readonly actions: string[] = [];
  /** Which workers have to be reported as having come and gone, in this order. */
  readonly comings: string[] = [];
  /** What has to be counted. */
  readonly counters: BrokerCounters = zeroCounters();
  readonly #options: BrokerConfig;
  readonly #outcomeOf: OutcomeOf;
  /** All that have not ended, in the order of arrival. */
  #requests: ModelRequest[] = [];
  #connections: Connection[] = [];
  #workers: ModelWorker[] = [];
  /** Replies of the current minute, and how many came after their clients had left. */
  #minute = { sinceMs: 0, replies: 0, undeliverable: 0 };
  /** How long each job took, the latest last. */
  readonly #jobsMs: number[] = [];
  /** Idle workers, the one idle longest first. */
  #idle: ModelWorker[] = [];
  /** Silent workers, the one silent longest first. */
  #silent: ModelWorker[] = [];
  #dispatchedAtMs = -Infinity;
  /** What counts for newcomers: by when they should be done, how long jobs took when it began, and the longest of them. */
  #drain: { readonly endByMs: number; readonly medianMs: number; readonly longestMs: number } | null = null;
  #newestFirst = false;
  #takenNewestFirst = 0;
  #tokens = 0;

  /**
   * @param options What is not the default.
   * @param outcomeOf What becomes of a message to a peer.
   */
  constructor(options: Partial<BrokerConfig>, outcomeOf: OutcomeOf) {
    const all = brokerConfig(options);
    // Where the end of a worker's connection goes unnoticed, a job has an hour at most.
    this.#options = all.knowsDepartures ? all : { ...all, jobTimeout: all.jobTimeout || 3_600_000 };
    this.#outcomeOf = outcomeOf;
  }

  /** What there has to be. */
  get gauges(): BrokerGauges {
    const count = (...states: string[]) => this.#requests.filter(({ state }) => states.includes(state)).length;
    return {
      waiting: count("new", "returned"),
      delayed: count("delayed"),
      inFlight: count("in flight"),
      onTrial: count("on trial"),
      remote: 0,
      onLoan: 0,
      pendingBytes: this.#requests.reduce((sum, { bytes }) => sum + bytes, 0),
      workers: this.#workers.length,
      idleWorkers: this.#idle.length,
      clients: this.#connections.length,
      newestFirst: this.#newestFirst,
    };
  }

  /** The order between connections changes. When it does is a rule with its own tests; here the broker decides it. */
  setNewestFirst(newestFirst: boolean): void {
    this.#newestFirst = newestFirst;
    this.#takenNewestFirst = 0;
  }

  /** A client sends a request. */
  request(identity: string, frames: readonly string[], now: number): boolean {
    const { maxBacklog, maxBacklogBytes } = this.#options;
    let connection = this.#connections.find((connection) => connection.identity === identity);
    const isFull = this.#requests.length >= maxBacklog || this.gauges.pendingBytes >= maxBacklogBytes;
    const hasWaiting = this.#requests.some((request) =>
      request.connection === connection && ["new", "returned", "delayed"].includes(request.state)
    );
    if (this.#drain !== null && !this.#servesNewcomers(now)) {
      this.counters.refusedDraining++;
      this.actions.push(formatReport({ event: "request refused", reason: "draining" }));
      return false;
    }
    if (isFull && (hasWaiting || this.#options.keepOrphans)) {
      this.counters.refusedFull++;
      this.actions.push(formatReport({ event: "request refused", reason: "backlog full" }));
      return false;
    }
    if (connection === undefined) this.#connections.push(connection = { identity, isGone: false });
    const size = frames.join("").length;
    const request: ModelRequest = {
      connection,
      frames,
      bytes: REQUEST_OVERHEAD_BYTES + frames.length * FRAME_OVERHEAD_BYTES + size,
      arrivedAtMs: now,
      state: "new",
      holder: null,
      sentAtMs: 0,
      isSlow: false,
      dueAtMs: 0,
      orderlyExits: 0,
      losses: 0,
      lost: [],
      isNewcomer: this.#drain !== null,
    };
    this.counters.accepted++;
    if (["\x01", "READY"].includes(frames.join("")) && frames.length <= 3) {
      this.actions.push(formatReport({ event: "ready at the frontend", client: identity }));
    }
    const isFirst = this.#waiting.length === 0;
    this.#requests.push(request);
    if (isFirst) this.#sendToIdleWorker(request, now);
    return true;
  }

  /** A client leaves, or another connection takes over its identity. */
  clientEnds(identity: string): void {
    const connection = this.#connections.find((connection) => connection.identity === identity);
    if (connection === undefined) return;
    connection.isGone = true;
    this.#connections = this.#connections.filter((other) => other !== connection);
    this.counters.departures++;
    for (const request of this.#waiting) if (this.#isOrphan(request)) this.#end(request, "clientLeft");
  }

  /** A worker connects. */
  workerConnects(identity: string, now: number): void {
    this.workerEnds(identity, now);
    const worker = this.#addWorker(identity);
    worker.connectedAtMs = now;
    this.#silent.push(worker);
  }

  /** A worker's connection ends. */
  workerEnds(identity: string, now: number): void {
    const worker = this.#workers.find((worker) => worker.identity === identity);
    if (worker === undefined) return;
    this.#forget(worker);
    const request = this.#requests.find(({ holder }) => holder === worker);
    if (request === undefined) return this.#reportLeft(worker);
    const endedAtOnce = worker.state === "busy" && now - request.sentAtMs <= 50 && now - worker.repliedAtMs <= 1000;
    if (worker.state === "on trial") {
      this.#return(request);
      this.#reportLeft(worker);
    } else if (!endedAtOnce || request.orderlyExits === 10) {
      const fate = this.#lose(request, worker, now);
      const afterMs = now - request.sentAtMs;
      this.comings.push(formatReport({ event: "worker lost", worker: identity, request: fate, afterMs }));
    } else {
      this.#reportLeft(worker);
      this.#return(request);
      if (request.state === "returned") {
        request.orderlyExits++;
        request.lost.push(identity);
        this.counters.orderlyExits++;
      }
    }
  }

  /** A worker sends a message. */
  workerSays(identity: string, message: Message, now: number): void {
    let worker = this.#workers.find((worker) => worker.identity === identity);
    if (message.means === "nonsense") {
      this.counters.malformedMessages++;
      const isClient = message.isRequest && (worker === undefined || worker.state === "silent");
      this.actions.push(
        formatReport(
          isClient
            ? { event: "request at the backend", client: identity }
            : { event: "malformed message", worker: identity },
        ),
      );
      if (worker === undefined || worker.state === "idle") return;
      this.#takeFrom(worker, now);
      this.#leaveLists(worker);
      worker.state = "suspect";
    } else {
      worker ??= this.#addWorker(identity);
      if (message.means === "ready") {
        this.counters.ready++;
        if (worker.state === "idle") this.counters.repeatedReady++;
        this.#beginsAnew(worker, now);
        worker.repliedAtMs = -Infinity;
      } else if (worker.state !== "on trial" && message.to === worker.token) {
        this.#dropReply("late reply", worker);
        if (worker.state === "busy") this.#unconfirm(worker, now);
        return;
      } else if (worker.state === "idle") {
        this.#dropReply("unmatched reply", worker);
      } else {
        this.#hear(worker, message.to, message.frames, now);
        worker.repliedAtMs = now;
      }
      worker.unconfirmed = null;
      if (worker.state !== "idle") {
        this.#leaveLists(worker);
        worker.state = "idle";
        this.#idle.push(worker);
      }
      if (!worker.hasJoined) {
        worker.hasJoined = true;
        const workers = this.#workers.length;
        this.comings.push(formatReport({ event: "worker joined", worker: identity, workers }));
      }
    }
  }

  /** Time has passed. */
  tick(now: number): number {
    const { jobTimeout: jobTimeoutMs, slowJob: slowJobMs } = this.#options;
    if (slowJobMs > 0) {
      for (const request of this.#inState("in flight")) {
        const ageMs = now - request.sentAtMs;
        if (request.isSlow || ageMs < slowJobMs) continue;
        request.isSlow = true;
        const [worker, client] = [request.holder!.identity, request.connection.identity];
        const bytes = request.frames.join("").length;
        this.actions.push(formatReport({ event: "slow job", worker, client, bytes, ageMs }));
      }
    }
    for (const request of this.#inState("delayed")) if (request.dueAtMs <= now) this.#return(request);
    if (jobTimeoutMs > 0) {
      for (const request of this.#inState("in flight")) {
        if (request.sentAtMs + jobTimeoutMs > now) continue;
        const worker = request.holder!;
        this.counters.jobTimeouts++;
        worker.state = "hung";
        if (!this.#options.knowsDepartures) this.#forget(worker);
        const afterMs = now - request.sentAtMs;
        const fate = this.#lose(request, worker, now);
        this.actions.push(formatReport({ event: "job timeout", worker: worker.identity, request: fate, afterMs }));
      }
    }
    for (const request of this.#inState("on trial")) if (request.sentAtMs + 5000 <= now) this.#return(request);
    this.dispatch(now);
    this.#startTrials(now);
    this.#endMinute(now);
    const dues = [
      ...this.#inState("delayed").map(({ dueAtMs }) => dueAtMs),
      ...(jobTimeoutMs > 0 ? this.#inState("in flight").map(({ sentAtMs }) => sentAtMs + jobTimeoutMs) : []),
      ...(slowJobMs > 0
        ? this.#inState("in flight").filter(({ isSlow }) => !isSlow).map(({ sentAtMs }) => sentAtMs + slowJobMs)
        : []),
      ...this.#inState("on trial").map(({ sentAtMs }) => sentAtMs + 5000),
      ...(this.#silent.length > 0 && this.#waiting.length > 0 ? [this.#trialDueAtMs()] : []),
      ...(this.#isMinuteBad ? [this.#minute.sinceMs + 60_000] : []),
      ...[this.#newcomersFromMs()].filter((fromMs) =>
        this.#drain !== null && fromMs > now && fromMs < Infinity && this.#servesNewcomers(fromMs)
      ),
    ];
    return dues.length === 0 ? -1 : Math.max(0, Math.ceil(Math.min(...dues) - now));
  }

  /** Waiting requests are sent to idle workers. */
  dispatch(now: number): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const hasReturned = this.#waiting.some(({ state }) => state === "returned");
      const isTurnOfOldest = this.#newestFirst && !hasReturned && ++this.#takenNewestFirst % 32 === 0;
      const request = this.#next(this.#newestFirst && !isTurnOfOldest);
      // If no worker can be reached, it stays the next one.
      if (!this.#sendToIdleWorker(request, now)) request.state = "returned";
    }
  }

  /** From now on a request is accepted only if it does not keep the queue. */
  drain(now: number, timeoutMs: number): void {
    if (this.#drain !== null) return;
    const jobsMs = this.#jobsMs.slice(-1024).sort((a, b) => a - b);
    const medianMs = jobsMs[Math.floor(jobsMs.length / 2)] ?? Infinity;
    this.#drain = { endByMs: now + timeoutMs / 2, medianMs, longestMs: jobsMs.at(-1) ?? Infinity };
  }

  /** Whether the queue drains, waits for a long job anyway, has a worker for others, and time for such a job as that. */
  #servesNewcomers(now: number): boolean {
    const { maxBacklog, maxBacklogBytes } = this.#options;
    const isFull = this.#requests.length >= maxBacklog || this.gauges.pendingBytes >= maxBacklogBytes;
    const jobMs = now - this.#olderSentAtMs;
    const { endByMs, longestMs } = this.#drain!;
    return !isFull && this.#idle.length > 0 && this.#waiting.length === 0 && now >= this.#newcomersFromMs() &&
      now + Math.max(longestMs, jobMs) <= endByMs;
  }

  get #olderSentAtMs(): number {
    const older = this.#inState("in flight").filter(({ isNewcomer }) => !isNewcomer);
    return Math.min(...older.map(({ sentAtMs }) => sentAtMs));
  }

  #newcomersFromMs(): number {
    return this.#drain === null ? Infinity : this.#olderSentAtMs + 2 * this.#drain.medianMs;
  }

  /** Whether a request is pending that came before the drain. */
  get hasOlder(): boolean {
    return this.#requests.some(({ isNewcomer }) => !isNewcomer);
  }

  /** Whether the frontend is to be left unread. */
  leavesUnread(now: number): boolean {
    const { maxBacklog, maxBacklogBytes } = this.#options;
    if (this.#drain !== null) return this.#requests.length > 0 && !this.#servesNewcomers(now);
    return this.#requests.length >= maxBacklog || this.gauges.pendingBytes >= maxBacklogBytes;
  }

  /** All requests are given up. */
  abandon(): void {
    for (const request of this.#requests) this.#end(request, "leftAtDrain");
  }

  get #waiting(): ModelRequest[] {
    return this.#requests.filter(({ state }) => state === "new" || state === "returned");
  }

  #inState(state: ModelRequest["state"]): ModelRequest[] {
    return this.#requests.filter((request) => request.state === state);
  }

  /** Which waiting request is served next; there must be one. */
  #next(newest: boolean): ModelRequest {
    const returned = this.#inState("returned")[0];
    if (returned !== undefined) return returned;
    const { maxBacklog, maxBacklogBytes, clientShare } = this.#options;
    const connections = Array.from(Map.groupBy(this.#waiting, ({ connection }) => connection).values());
    const within = connections.filter((own) =>
      own.length === 1 ||
      (own.length <= maxBacklog * clientShare &&
        own.reduce((sum, { bytes }) => sum + bytes, 0) <= maxBacklogBytes * clientShare)
    );
    const oldests = new Set((within.length > 0 ? within : connections).map(([oldest]) => oldest));
    const candidates = this.#requests.filter((request) => oldests.has(request));
    return candidates.at(newest ? -1 : 0)!;
  }

  #addWorker(identity: string): ModelWorker {
    const worker: ModelWorker = {
      identity,
      state: "silent",
      request: null,
      token: "",
      connectedAtMs: 0,
      repliedAtMs: -Infinity,
      unconfirmed: null,
      hasJoined: false,
    };
    this.#workers.push(worker);
    return worker;
  }

  #leaveLists(worker: ModelWorker): void {
    this.#idle = this.#idle.filter((other) => other !== worker);
    this.#silent = this.#silent.filter((other) => other !== worker);
  }

  #forget(worker: ModelWorker): void {
    this.#leaveLists(worker);
    this.#workers = this.#workers.filter((other) => other !== worker);
  }

  #reportLeft({ identity, hasJoined }: ModelWorker): void {
    const workers = this.#workers.length;
    if (hasJoined) this.comings.push(formatReport({ event: "worker left", worker: identity, workers }));
  }

  #isOrphan(request: ModelRequest): boolean {
    return request.connection.isGone && !this.#options.keepOrphans;
  }

  #end(request: ModelRequest, ending: Ending): void {
    this.counters[ending]++;
    request.state = "ended";
    request.holder = null;
    this.#requests = this.#requests.filter((other) => other !== request);
    if (!this.#options.knowsDepartures && !this.#requests.some(({ connection }) => connection === request.connection)) {
      this.#connections = this.#connections.filter((other) => other !== request.connection);
    }
  }

  /** It waits again, before all new ones. */
  #return(request: ModelRequest): void {
    request.holder = null;
    if (this.#isOrphan(request)) this.#end(request, "clientLeft");
    else request.state = "returned";
  }

  /** It lost a worker, and that counts. */
  #lose(request: ModelRequest, worker: ModelWorker, now: number): LostRequest {
    request.holder = null;
    request.losses++;
    request.lost.push(worker.identity);
    if (this.#isOrphan(request)) {
      this.#end(request, "clientLeft");
      return "client left";
    }
    if (request.losses > this.#options.redeliveries) {
      this.actions.push(formatReport({
        event: "redelivery limit reached",
        bytes: request.frames.join("").length,
        digest: `#${request.frames.at(-1)}`,
        client: request.connection.identity,
        workers: request.lost,
      }));
      this.#end(request, "exhausted");
      return "exhausted";
    }
    this.counters.redeliveries++;
    const delayMs = [0, 250, 1000][Math.min(request.losses, 3) - 1]!;
    request.state = delayMs === 0 ? "returned" : "delayed";
    request.dueAtMs = now + delayMs;
    return "redelivered";
  }

  /** The worker sent something else than the reply to its request. */
  #takeFrom(worker: ModelWorker, now: number): void {
    const request = this.#requests.find(({ holder }) => holder === worker);
    if (request === undefined) return;
    if (worker.state === "on trial") this.#return(request);
    else this.#lose(request, worker, now);
  }

  /** It said READY: so it has lost its request, if it had one. */
  #beginsAnew(worker: ModelWorker, now: number): void {
    const request = this.#requests.find(({ holder }) => holder === worker);
    if (request === undefined || worker.state === "on trial") return this.#takeFrom(worker, now);
    const fate = this.#lose(request, worker, now);
    const afterMs = now - request.sentAtMs;
    this.comings.push(formatReport({ event: "ready while busy", worker: worker.identity, request: fate, afterMs }));
  }

  /** It answered an earlier trial: it may have dropped its request unread. */
  #unconfirm(worker: ModelWorker, now: number): void {
    worker.unconfirmed = worker.request;
    worker.state = "silent";
    worker.connectedAtMs = now;
    this.#silent.push(worker);
    // Another worker that had the request before may have replied to it since.
    if (worker.request!.state !== "ended") this.#return(worker.request!);
  }

  #dropReply(event: "late reply" | "unmatched reply", worker: ModelWorker): void {
    this.counters[event === "late reply" ? "lateReplies" : "unmatchedReplies"]++;
    this.actions.push(formatReport({ event, worker: worker.identity }));
  }

  /** A worker that is not idle sent a reply. */
  #hear(worker: ModelWorker, to: string, frames: readonly string[], now: number): void {
    const name = worker.state === "busy" ? aliasOf(worker.request!.connection.identity) : worker.token;
    const isAnswer = (worker.state === "busy" || worker.state === "on trial") && to === name;
    if (!isAnswer) this.#takeFrom(worker, now);
    const isUnconfirmed = !isAnswer && worker.state !== "busy" && worker.unconfirmed !== null &&
      to === aliasOf(worker.unconfirmed.connection.identity);
    const request = isUnconfirmed ? worker.unconfirmed : worker.request;
    if (!isAnswer && !isUnconfirmed) {
      return this.#dropReply(worker.state === "busy" ? "unmatched reply" : "late reply", worker);
    }
    if (request!.state === "ended") return this.#dropReply("late reply", worker);
    this.#jobsMs.push(now - request!.sentAtMs);
    this.#endMinute(now);
    this.#minute.replies++;
    if (request!.connection.isGone) {
      this.#countDeparted();
      return this.#end(request!, "clientLeft");
    }
    const client = request!.connection.identity;
    const outcome = this.#outcomeOf("client", client);
    this.actions.push(formatSend(client, frames, outcome));
    if (outcome === "unreachable") this.#countDeparted();
    const endings = { "sent": "answered", "unreachable": "clientLeft", "would block": "clientBlocked" } as const;
    this.#end(request!, endings[outcome]);
  }

  #countDeparted(): void {
    this.counters.undeliverableReplies++;
    this.#minute.undeliverable++;
  }

  get #isMinuteBad(): boolean {
    return !this.#options.keepOrphans && this.#minute.undeliverable * 2 > this.#minute.replies;
  }

  #endMinute(now: number): void {
    if (now - this.#minute.sinceMs < 60_000) return;
    if (this.#isMinuteBad) {
      const { replies, undeliverable } = this.#minute;
      const sorted = this.#jobsMs.slice(-1024).sort((a, b) => a - b);
      const medianJobMs = (sorted[Math.ceil(sorted.length / 2) - 1]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
      const event = "jobs take longer than clients wait";
      this.actions.push(formatReport({ event, replies, undeliverable, medianJobMs }));
    }
    this.#minute = { sinceMs: now, replies: 0, undeliverable: 0 };
  }

  #send(worker: ModelWorker, client: string, request: ModelRequest): boolean {
    const outcome = this.#outcomeOf("worker", worker.identity);
    this.actions.push(formatSend(worker.identity, [client, ...request.frames], outcome));
    if (outcome === "sent") {
      worker.request = request;
      request.holder = worker;
      return true;
    }
    this.counters.skippedWorkers++;
    if (outcome === "unreachable") {
      this.#forget(worker);
      this.#reportLeft(worker);
    } else {
      worker.state = "hung";
    }
    return false;
  }

  #sendToIdleWorker(request: ModelRequest, now: number): boolean {
    for (let worker = this.#idle.shift(); worker !== undefined; worker = this.#idle.shift()) {
      if (!this.#send(worker, aliasOf(request.connection.identity), request)) continue;
      worker.state = "busy";
      request.state = "in flight";
      request.sentAtMs = this.#dispatchedAtMs = now;
      request.isSlow = false;
      return true;
    }
    return false;
  }

  /** When the next request is sent on trial to the worker silent longest. */
  #trialDueAtMs(): number {
    return Math.max(this.#silent[0]!.connectedAtMs, Math.min(this.#next(false).arrivedAtMs, this.#dispatchedAtMs)) +
      1000;
  }

  #startTrials(now: number): void {
    while (this.#idle.length === 0 && this.#silent.length > 0 && this.#waiting.length > 0) {
      const request = this.#next(false);
      if (this.#trialDueAtMs() > now) break;
      const worker = this.#silent.shift()!;
      const token = `token${++this.#tokens}`;
      if (!this.#send(worker, token, request)) continue;
      this.counters.trials++;
      worker.state = request.state = "on trial";
      worker.token = token;
      request.sentAtMs = now;
    }
  }
}
