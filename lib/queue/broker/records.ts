/**
 * What the queue knows of a request, of a connection at the frontend (a client) and of one at the backend (a worker).
 *
 * @module
 */

import type { HeapItem } from "./connection_heap.ts";
import { type Linked, LinkedList } from "../../linked_list.ts";

/**
 * Where a request is; it moves from one to another only in the broker.
 *
 * - `waiting`: in the backlog
 * - `delayed`: its worker was lost, and it waits a while before the next one
 * - `in flight`: a worker has it
 * - `on trial`: sent to a worker that has not said READY, which may not answer
 * - `ended`: answered, or ended in one of the other ways that are counted
 */
export type RequestState = "waiting" | "delayed" | "in flight" | "on trial" | "ended";

/** One request, from its acceptance to its end. */
export class QueuedRequest<F> implements Linked<QueuedRequest<F>> {
  /** @see Linked */
  list: object | null = null;
  /** @see Linked */
  previous: QueuedRequest<F> | null = null;
  /** @see Linked */
  next: QueuedRequest<F> | null = null;
  /** Where it is. */
  state: RequestState = "waiting";
  /** The worker that has it, while it is in flight or on trial. */
  holder: WorkerConnection<F> | null = null;
  /** When it was sent to a worker last. */
  sentAtMs = 0;
  /** When it may be sent again, while it is delayed. */
  dueAtMs = 0;
  /** How many workers were lost with it. */
  redeliveries = 0;
  /** How many workers ended just as it was sent to them, which does not count as a redelivery. */
  orderlyExits = 0;
  /** Identities of the workers that were lost with it, counted or not. */
  readonly workersMet: string[] = [];

  /**
   * @param sequence Its place in the order of arrival.
   * @param client The connection that sent it.
   * @param frames All frames behind the client's identity, such as `["", ...body]`; owned by the request.
   * @param bytes What it counts for in the bound of bytes.
   * @param arrivedAtMs When it arrived.
   */
  constructor(
    readonly sequence: number,
    readonly client: ClientConnection<F>,
    public frames: readonly F[],
    readonly bytes: number,
    readonly arrivedAtMs: number,
  ) {}
}

/** One connection at the frontend. */
export class ClientConnection<F> implements HeapItem {
  /** Its waiting requests, oldest first; redeliveries are apart. */
  readonly waiting: LinkedList<QueuedRequest<F>> = new LinkedList();
  /** Bytes of its waiting requests. */
  waitingBytes = 0;
  /** Its requests that have not ended. */
  pending = 0;
  /** Its redeliveries that wait or are delayed. */
  redeliveries = 0;
  /** Whether the connection has ended or was taken over. */
  isGone = false;
  /** Whether more of its requests wait than its share. */
  isOverShare = false;
  /** The sequence of its oldest waiting request. */
  heapKey = 0;
  /** @see HeapItem */
  readonly heapPositions: [number, number] = [-1, -1];

  /** @param identity One character a byte. */
  constructor(readonly identity: string) {}
}

/**
 * What a worker is doing, as far as the queue can tell.
 *
 * - `silent`: it connected and has said nothing, or answered out of step; it may be one that waits for work
 * - `idle`: in the LRU queue
 * - `busy`: it has a request
 * - `on trial`: it has a request that was sent on trial while it was silent
 * - `hung`: it let its job's time pass, or does not read; it gets nothing until it answers or connects anew
 * - `suspect`: what it said is no worker's message; it gets nothing until it says READY or replies
 */
export type WorkerState = "silent" | "idle" | "busy" | "on trial" | "hung" | "suspect";

/** One connection at the backend. */
export class WorkerConnection<F> implements Linked<WorkerConnection<F>> {
  /** @see Linked */
  list: object | null = null;
  /** @see Linked */
  previous: WorkerConnection<F> | null = null;
  /** @see Linked */
  next: WorkerConnection<F> | null = null;
  /** When it connected, as far as that is known, or was last found to be where it may wait for work unnoticed. */
  connectedAtMs = 0;
  /** What it is doing. */
  state: WorkerState = "silent";
  /** The request sent to it last, while it is busy or on trial; it may have ended or be another's by now. */
  request: QueuedRequest<F> | null = null;
  /** What stands in the client's place in the request sent on trial. */
  token = "";
  /** A request that it was sent and may never have seen; it is no longer its own, but its answer would count. */
  unconfirmed: QueuedRequest<F> | null = null;
  /** When its last message came, if that was a reply, which was its READY too. */
  repliedAtMs = -Infinity;

  /** @param identity One character a byte. */
  constructor(readonly identity: string) {}
}
