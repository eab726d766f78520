/**
 * One slot of a worker. It does one job at a time, for any of its queues.
 *
 * To each queue, a slot is a separate worker that sends READY. While it is busy for one queue, a request from another
 * would have to wait. So when a job takes long, the slot leaves the other queues, and comes back after the job.
 *
 * @module
 */

import { Backoff } from "../backoff.ts";
import { JobError } from "./job_error.ts";
import type { ConnectionState } from "./connection_status.ts";
import type { EventLog } from "../log.ts";
import { BYTES_READER, type Frames, splitEnvelope } from "../lru.ts";
import type { Executor, Job } from "./executor.ts";
import type { WorkerFigures } from "./figures.ts";
import { describe, type Outcome, outcomeOf, settle, withStandardError } from "./outcome.ts";
import { Route } from "./route.ts";
import { formatDuration } from "../units.ts";
import type { Connector } from "../zmq/connector.ts";
import type { Waitable, Waiter, Watch } from "../zmq/waiter.ts";

/** How long the last reply may take to be transmitted when the slot ends or leaves its queue, in milliseconds. */
const LAST_REPLY_LINGER_MS = 1000;
/** If a job takes longer than this, in milliseconds, the slot leaves its other queues. */
const LEAVE_OTHERS_AFTER_MS = 100;
/** A job that does not wait for anything is expected to end within this many microtasks. */
const MICROTASKS_AT_ONCE = 16;
/** Pauses after failed jobs: a worker that cannot work must not keep taking requests from those that can. */
const FAILURE_BACKOFF = { firstMs: 100, maxMs: 5000 };
/** Pauses while the executor cannot take a job. */
const UNREADY_BACKOFF = { firstMs: 200, maxMs: 30_000 };

/** What a slot needs. */
export interface WorkerSlotParts {
  /** Waits for the sockets. */
  readonly waiter: Waiter;
  /** Does its jobs. */
  readonly executor: Executor;
  /** The connectors to the queues' backends, at least one. */
  readonly connectors: readonly Connector[];
  /** Its identity at each queue; `undefined`: a random one for each connection. */
  readonly identity: string | undefined;
  /** How long a job may take, in milliseconds; 0: no limit. */
  readonly jobTimeoutMs: number;
  /** When aborted, the running job is finished and answered, and the slot ends. */
  readonly end: AbortSignal;
  /** When aborted, the running job is aborted, too. */
  readonly kill: AbortSignal;
  /** Returns the number of the next job; `undefined` if no further job may begin. */
  readonly nextJob: () => number | undefined;
  /** Called when the executor can take a job for the first time. */
  readonly onAble?: () => void;
  /** Called when a connection to a queue has been made or lost. */
  readonly onConnection?: (endpoint: string, state: ConnectionState) => void;
  /** Called without a reason when the executor can take a job, and with the reason when it cannot. */
  readonly onReadiness?: (reason: string | undefined) => void;
  /** Counts the jobs. */
  readonly figures?: WorkerFigures | undefined;
  /** Logs what happens. */
  readonly log: EventLog | undefined;
}

/** A request, and the route on which it came. */
interface Taken {
  readonly route: Route;
  readonly message: Frames;
}

/** A job that has begun. */
interface Begun {
  readonly route: Route;
  readonly envelope: Frames;
  readonly number: number;
}

/** The result of a job; `ended`: it was not allowed to begin any more. */
type Result = "answered" | "failed" | "ended";

/** Why a slot stopped serving. */
type Served = "ended" | "failed" | "unready";

/** A slot; see the module. */
export class WorkerSlot {
  readonly #parts: WorkerSlotParts;
  readonly #routes: readonly Route[];
  readonly #failureBackoff = new Backoff(FAILURE_BACKOFF);
  readonly #unreadyBackoff = new Backoff(UNREADY_BACKOFF);
  /** Whether the executor can take a job. */
  #isReady = false;
  /** Ends the current wait, or the next one. */
  #waking = new AbortController();
  /** Aborts the running job, if there is one. */
  #onKill: (() => void) | undefined;
  /** The index of the route to check first. */
  #turn = 0;
  #answered = 0;

  /** @param parts What it needs. */
  constructor(parts: WorkerSlotParts) {
    this.#parts = parts;
    const { identity, log, onConnection } = parts;
    const onNews = () => this.#interruptWait();
    this.#routes = parts.connectors.map((connector) => new Route(connector, { identity, log, onNews, onConnection }));
  }

  /**
   * Serves the queues until the signal `end` is aborted.
   *
   * @returns The number of jobs answered.
   * @throws {ZmqError} When libzmq does not accept an endpoint or the identity.
   * @throws {JobError} When the executor cannot take a job at the start.
   */
  async run(): Promise<number> {
    const { end, kill, log, executor, waiter } = this.#parts;
    const onEnd = () => this.#waking.abort();
    const onKill = () => this.#onKill?.();
    end.addEventListener("abort", onEnd);
    kill.addEventListener("abort", onKill);
    if (end.aborted) onEnd();
    try {
      let wasReady = false;
      executor.onUnready = () => {
        this.#isReady = false;
        this.#interruptWait();
      };
      while (!end.aborted) {
        try {
          await this.#getReady();
        } catch (error) {
          // Whoever starts a worker that cannot work should learn of it at once.
          if (!wasReady) throw withStandardError(error);
          const pauseMs = this.#unreadyBackoff.failed();
          this.#parts.onReadiness?.(describe(error).reason);
          log?.error("not ready", { ...describe(error), retryMs: Math.round(pauseMs) });
          this.#leaveAll();
          await waiter.wait([], pauseMs, end);
          continue;
        }
        this.#parts.onReadiness?.(undefined);
        if (!wasReady) this.#parts.onAble?.();
        wasReady = true;
        this.#unreadyBackoff.succeeded();
        if (end.aborted) break;
        if (await this.#serve() === "failed") await waiter.wait([], this.#failureBackoff.failed(), end);
      }
    } finally {
      end.removeEventListener("abort", onEnd);
      kill.removeEventListener("abort", onKill);
      delete executor.onUnready;
      for (const route of this.#routes) route.close(LAST_REPLY_LINGER_MS);
    }
    return this.#answered;
  }

  /** Waits until the executor can take a job. A request that arrives meanwhile is not kept waiting for long. */
  async #getReady(): Promise<void> {
    const leaving = setTimeout(() => this.#leaveAll(), LEAVE_OTHERS_AFTER_MS);
    try {
      this.#isReady = true;
      await this.#parts.executor.ready(this.#parts.end);
    } finally {
      clearTimeout(leaving);
    }
  }

  /**
   * Serves until the end, or until the executor must get ready again.
   *
   * It uses callbacks: promises for each request, its wait and its job would cost half as much as a short function's
   * job.
   */
  #serve(): Promise<Served> {
    const { end, waiter } = this.#parts;
    const { promise, resolve, reject } = Promise.withResolvers<Served>();
    const wait = () => {
      if (!this.#isReady) return stop();
      const dueAtMs = this.#openDue();
      waiter.watch(this.#idleSockets(), dueAtMs, this.#waking.signal, look);
    };
    const stop = () => {
      this.#leaveAll();
      resolve("unready");
    };
    const goOn = (result: Served | "answered") => {
      if (result !== "answered") return resolve(result);
      this.#failureBackoff.succeeded();
      // Its reply also said READY, so the queue may send a request at any moment.
      if (end.aborted) return resolve("ended");
      wait();
    };
    const step = () => {
      for (const route of this.#routes) route.checkLost();
      if (!this.#isReady) return stop();
      const taken = this.#take();
      if (taken === undefined) return end.aborted ? resolve("ended") : wait();
      const result = this.#do(taken);
      if (typeof result === "string") return goOn(result);
      result.then(goOn).catch(reject);
    };
    const look = () => {
      try {
        step();
      } catch (error) {
        reject(error);
      }
    };
    try {
      wait();
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /** The sockets to wait for while it has no job. */
  #idleSockets(): readonly Waitable[] {
    return this.#routes.length === 1
      ? this.#routes[0]!.idleSockets
      : this.#routes.flatMap((route) => route.idleSockets);
  }

  /** Called when a connection has been made or has failed, or when the executor has become unable to take a job. */
  #interruptWait(): void {
    const { aborted } = this.#parts.end;
    this.#waking.abort();
    if (!aborted) this.#waking = new AbortController();
  }

  /**
   * Opens the connections that are due. Returns when the next one is due, by `performance.now()`; `Infinity` if there
   * is none.
   */
  #openDue(): number {
    let dueAtMs = Infinity;
    for (const route of this.#routes) dueAtMs = Math.min(dueAtMs, route.openIfDue());
    return dueAtMs;
  }

  /** Takes the next request. The queues take turns. */
  #take(): Taken | undefined {
    for (let count = 0; count < this.#routes.length; count++) {
      const route = this.#routes[this.#turn]!;
      this.#turn = (this.#turn + 1) % this.#routes.length;
      const message = route.receive();
      if (message !== undefined) return { route, message };
    }
    return undefined;
  }

  #do({ route, message }: Taken): Result | Promise<Result> {
    const { nextJob, executor, figures } = this.#parts;
    const number = nextJob();
    // The connection ends with the slot, so the queue gives the request to another worker.
    if (number === undefined) return "ended";
    const { envelope, body } = splitEnvelope(message, BYTES_READER);
    let aborting: AbortController | undefined;
    const job: Job = {
      number,
      // Created on demand: most jobs do not use it, and creating it is slow.
      get signal() {
        return (aborting ??= new AbortController()).signal;
      },
    };
    figures?.begin();
    let value: unknown;
    try {
      value = executor.execute(body, job);
    } catch (error) {
      return this.#finish({ route, envelope, number }, { error });
    }
    if (isList(value)) return this.#finish({ route, envelope, number }, outcomeOf(value));
    const settled = settle((async () => await value)());
    const getAborting = () => aborting ??= new AbortController();
    return this.#await(route, settled, getAborting).then((outcome) =>
      this.#finish({ route, envelope, number }, outcome, aborting?.signal)
    );
  }

  /** Waits for a job that did not end at once. */
  async #await(route: Route, settled: Promise<Outcome>, getAborting: () => AbortController): Promise<Outcome> {
    const outcome = this.#parts.executor.isSlow === true ? undefined : await atOnce(settled);
    return outcome ?? await this.#watch(route, settled, getAborting);
  }

  /** Sends the reply of a job, or hands its request back. */
  #finish({ route, envelope, number }: Begun, outcome: Outcome, signal?: AbortSignal): Result {
    const { log, figures } = this.#parts;
    const isAborted = signal?.aborted === true;
    const sent = isAborted ? outcome : reply(route, envelope, outcome);
    if (!isAborted && "reply" in sent) {
      this.#answered++;
      figures?.answered();
      log?.debug("job answered", { identity: route.identity, job: number });
      return "answered";
    }
    route.handBack();
    this.#leaveOthers(route);
    const error = "error" in sent ? sent.error : undefined;
    figures?.failed(isAborted ? signal.reason : error);
    const { reason, ...details } = describe(error);
    const why = isAborted ? signal.reason.message : reason;
    log?.error("job failed", { job: number, reason: why, ...details });
    return "failed";
  }

  /** Watches the queues while a job runs; resolves when the job has ended, by itself or because it was aborted. */
  #watch(route: Route, settled: Promise<Outcome>, getAborting: () => AbortController): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const { jobTimeoutMs, kill, waiter } = this.#parts;
    const startMs = performance.now();
    let leaveAtMs = this.#routes.length > 1 ? startMs + LEAVE_OTHERS_AFTER_MS : Infinity;
    const endAtMs = jobTimeoutMs > 0 ? startMs + jobTimeoutMs : Infinity;
    let waiting: Watch | undefined;
    const watch = () => waiting = waiter.watch(route.busySockets, Math.min(leaveAtMs, endAtMs), undefined, onNews);
    const stop = () => {
      if (waiting !== undefined) waiter.cancel(waiting);
      waiting = undefined;
      this.#onKill = undefined;
    };
    const abort = (reason: string) => {
      stop();
      getAborting().abort(new JobError("ABORTED", reason));
      // An aborted job may take any amount of time to stop.
      this.#leaveOthers(route);
    };
    const look = () => {
      const now = performance.now();
      if (now >= leaveAtMs) {
        this.#leaveOthers(route);
        leaveAtMs = Infinity;
      }
      if (route.checkLost()) {
        abort("Lost the connection to the queue; it has given the job to another worker");
      } else if (now >= endAtMs) {
        // The queue learns of it at once, however long the executor takes to stop.
        route.leave(0);
        abort(`The job took longer than ${formatDuration(jobTimeoutMs)}`);
      } else {
        watch();
      }
    };
    const onNews = () => {
      try {
        look();
      } catch (error) {
        stop();
        reject(error);
      }
    };
    this.#onKill = () => abort("The worker was told to exit at once");
    if (kill.aborted) this.#onKill();
    else watch();
    settled.then((outcome) => {
      stop();
      resolve(outcome);
    });
    return promise;
  }

  /** Hands back requests that have arrived, and gets no more. */
  #leaveAll(): void {
    for (const route of this.#routes) route.leave(LAST_REPLY_LINGER_MS);
  }

  /** Closes the connections to all queues but this route's, except where a request has already arrived. */
  #leaveOthers(route: Route): void {
    for (const other of this.#routes) if (other !== route) other.leaveIfIdle(LAST_REPLY_LINGER_MS);
  }
}

/** Whether a handler has returned frames themselves, rather than a promise or something else. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // It is a revoked proxy.
    return false;
  }
}

/** The outcome of a job that does not wait for anything, and so needs no watching; `undefined` for any other job. */
async function atOnce(settled: Promise<Outcome>): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined;
  settled.then((value) => outcome = value);
  // Nested promises take a few microtasks to resolve. A turn of the event loop would cost more.
  for (let count = 0; count < MICROTASKS_AT_ONCE && outcome === undefined; count++) await undefined;
  return outcome;
}

/** Sends a reply. An error while sending fails only this job, like any error of its handler. */
function reply(route: Route, envelope: Frames, outcome: Outcome): Outcome {
  if ("error" in outcome) return outcome;
  try {
    route.send([...envelope, ...outcome.reply]);
    return outcome;
  } catch (error) {
    return { error: new JobError("BAD_REPLY", `The reply cannot be sent: ${describe(error).reason}`) };
  }
}
