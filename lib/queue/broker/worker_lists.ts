/**
 * The states of a worker, and the list that holds the workers of each state. This table says what can happen to a worker:
 *
 * ```text
 * state      rank  kept in               entered by                  is sent             ways out
 * ---------  ----  --------------------  --------------------------  ------------------  ------------------------------
 * idle       0     the LRU queue, idle   READY; a reply              the next request    busy: it was sent a request
 *                  longest first
 *
 * silent     -     a list, silent        a new connection; the       a request on trial  on trial: it was sent a
 *                  longest first         answer to an earlier trial                      request
 *                                        while it was busy                               idle: READY, or a reply
 *
 * busy       -     nowhere               being sent a request        nothing             idle: READY, or a reply
 *                                                                                        hung: the job timeout
 *                                                                                        silent: the answer to an
 *                                                                                        earlier trial
 *
 * on trial   -     nowhere               being sent a request on     nothing             idle: READY, or a reply
 *                                        trial
 *
 * hung       -     nowhere               the job timeout; a full     nothing             idle: READY, or a reply
 *                                        pipe
 *
 * suspect    -     nowhere               a malformed message; the    nothing             idle: READY, or a reply
 *                                        first message of an
 *                                        unknown connection
 * ```
 *
 * - A malformed message makes a worker suspect, unless it is idle: then it keeps its place.
 * - An idle or silent worker that cannot be sent a request because its pipe is full becomes hung. A worker that cannot be
 *   reached, or whose connection ends, is forgotten.
 * - Workers take requests in the states that have a rank. The next request goes to a worker of the lowest rank present. To
 *   add a kind of worker, add a row with a rank and a list of its own.
 *
 * @module
 */

import { LinkedList } from "../../linked_list.ts";
import { LruQueue } from "../../lru.ts";
import { type QueuedRequest, WorkerConnection, type WorkerState } from "./records.ts";

/** The fields that only {@linkcode WorkerLists} writes. */
type Placed<F> = { -readonly [Name in "state" | "stateSinceMs" | "request"]: WorkerConnection<F>[Name] };

/** All connections at the backend, each in one state. */
export class WorkerLists<F> {
  readonly #byIdentity = new Map<string, WorkerConnection<F>>();
  readonly #idle = new LruQueue<WorkerConnection<F>>();
  readonly #silent = new LinkedList<WorkerConnection<F>>();
  /** How many workers are idle, busy or on trial. */
  #inService = 0;
  #noWorkerSinceMs: number | null = -Infinity;

  /** How many connections the backend has. */
  get size(): number {
    return this.#byIdentity.size;
  }

  /** How many workers are idle. */
  get idle(): number {
    return this.#idle.size;
  }

  /** How many connections are in each state. */
  get counts(): Readonly<Record<WorkerState, number>> {
    const counts = { silent: 0, idle: 0, busy: 0, "on trial": 0, hung: 0, suspect: 0 };
    for (const { state } of this) counts[state]++;
    return counts;
  }

  /** Since when no worker has been idle, busy or on trial: `-Infinity` if none ever was, `null` if one is now. */
  get noWorkerSinceMs(): number | null {
    return this.#noWorkerSinceMs;
  }

  /** All connections. */
  [Symbol.iterator](): IterableIterator<WorkerConnection<F>> {
    return this.#byIdentity.values();
  }

  /** Whether a worker can take a request now. */
  get takesRequests(): boolean {
    return this.#idle.size > 0;
  }

  /** The worker that has been silent longest, or `null`. */
  get longestSilent(): WorkerConnection<F> | null {
    return this.#silent.first;
  }

  /** The worker with this identity, if it is known. */
  get(identity: string): WorkerConnection<F> | undefined {
    return this.#byIdentity.get(identity);
  }

  /** Adds an unknown worker. It is suspect until it is moved. */
  add(identity: string, now: number): WorkerConnection<F> {
    const worker = new WorkerConnection<F>(identity, now);
    this.#byIdentity.set(identity, worker);
    return worker;
  }

  /** Forgets a worker, in whatever state it is. */
  forget(worker: WorkerConnection<F>, now: number): void {
    if (this.#byIdentity.get(worker.identity) === worker) {
      this.#byIdentity.delete(worker.identity);
      if (isInService(worker.state)) this.#noteUse(-1, now);
    }
    if (worker.list !== null) this.#leaveList(worker);
  }

  /** Removes the next worker from its list and returns it. It must then be assigned a request, moved, or forgotten. */
  takeNext(): WorkerConnection<F> | undefined {
    return this.#idle.take();
  }

  /** Moves a worker that has no request to another state. A worker that is already in the state keeps its place. */
  move(worker: WorkerConnection<F>, state: "silent" | "idle" | "hung" | "suspect", now: number): void {
    if (worker.state === state && worker.list !== null) return;
    this.#enter(worker, state, now);
    if (state === "silent") {
      this.#silent.append(worker);
    } else if (state === "idle") {
      this.#idle.add(worker);
    }
  }

  /** A worker was sent a request. */
  assign(worker: WorkerConnection<F>, request: QueuedRequest<F>, state: "busy" | "on trial", now: number): void {
    this.#enter(worker, state, now);
    const placed: Placed<F> = worker;
    placed.request = request;
  }

  /**
   * A worker no longer has its request. It must then be moved or forgotten.
   *
   * @returns The request, if the worker still held it: it must then change its state, too. Else `null`.
   */
  unassign(worker: WorkerConnection<F>): QueuedRequest<F> | null {
    const { request } = worker;
    const placed: Placed<F> = worker;
    placed.request = null;
    return request?.holder === worker ? request : null;
  }

  #enter(worker: WorkerConnection<F>, state: WorkerState, now: number): void {
    if (worker.list !== null) this.#leaveList(worker);
    const change = Number(isInService(state)) - Number(isInService(worker.state));
    const placed: Placed<F> = worker;
    // A suspect or hung worker that stays so keeps the time at which that began.
    if (worker.state !== state || state === "busy") placed.stateSinceMs = now;
    placed.state = state;
    if (change !== 0) this.#noteUse(change, now);
  }

  #noteUse(change: number, now: number): void {
    this.#inService += change;
    this.#noWorkerSinceMs = this.#inService > 0 ? null : now;
  }

  #leaveList(worker: WorkerConnection<F>): void {
    if (worker.state === "silent") this.#silent.remove(worker);
    else this.#idle.delete(worker);
  }
}

/** Whether a worker in this state does requests now, or can. */
function isInService(state: WorkerState): boolean {
  return state === "idle" || state === "busy" || state === "on trial";
}
