/**
 * The broker's records of a request, a client (a connection at the frontend) and a worker (a connection at the backend).
 *
 * @module
 */

import type { HeapItem } from "./connection_heap.ts";
import type { Loan } from "./lending.ts";
import { type Linked, LinkedList } from "../../linked_list.ts";

/** A request's state. {@linkcode RequestLists} has the table of states, and only it changes a request's state. */
export type RequestState = "waiting" | "delayed" | "in flight" | "on trial" | "remote" | "on loan" | "ended";

/** Where a peer comes from, as far as that is known. */
export interface PeerOrigin {
  /** Its address. */
  readonly address?: string;
  /** The name of its key. */
  readonly name?: string;
}

/** Shared by all requests: few ever need an array of their own. */
const NONE: readonly never[] = [];

/** A worker that was lost with a request. */
export interface LostWorker {
  /** Its identity. */
  readonly worker: string;
  /** When it was sent the request. */
  readonly sentAtMs: number;
  /** When it was lost. */
  readonly lostAtMs: number;
}

/** One request, from its acceptance to its end. */
export class QueuedRequest<F> implements Linked<QueuedRequest<F>> {
  /** @see Linked */
  list: object | null = null;
  /** @see Linked */
  previous: QueuedRequest<F> | null = null;
  /** @see Linked */
  next: QueuedRequest<F> | null = null;
  /** Its state. */
  readonly state: RequestState = "waiting";
  /** The worker that has it while it is in flight, on trial or on loan. While it is remote, a stand-in for the other queue. */
  readonly holder: WorkerConnection<F> | null = null;
  /** When it was last sent to a worker; -1: never. */
  readonly sentAtMs: number = -1;
  /** Until when it is delayed. */
  readonly delayedUntilMs: number = 0;
  /** How many workers were lost with it, not counting orderly exits. */
  redeliveries = 0;
  /** How many workers made an orderly exit just when it was sent to them. */
  orderlyExits = 0;
  /** All workers that were lost with it. */
  lostWorkers: readonly LostWorker[] = NONE;

  /**
   * @param sequence Its number in the order of arrival.
   * @param client The connection that sent it.
   * @param frames All frames after the client's identity, such as `["", ...body]`; the request owns them.
   * @param bytes The bytes that it counts for in the backlog's limit.
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
  /** Its waiting requests that no worker has had, oldest first. */
  readonly waiting: LinkedList<QueuedRequest<F>> = new LinkedList();
  /** The bytes that the requests in {@linkcode ClientConnection.waiting} count for. */
  waitingBytes = 0;
  /** How many of its requests have not ended. */
  pending = 0;
  /** How many of its requests were accepted. */
  accepted = 0;
  /** How many of its requests a worker has had and that now wait for another, or will when their delay is over. */
  redeliveries = 0;
  /** Whether the connection has ended, or another has taken over its identity. */
  isGone = false;
  /** Where it comes from; `undefined` until it is first needed. */
  origin: PeerOrigin | undefined = undefined;
  /** Whether it has more waiting than its share. */
  isOverShare = false;
  /** The sequence number of the first request in {@linkcode ClientConnection.waiting}. */
  heapKey = 0;
  /** @see HeapItem */
  readonly heapPositions: [number, number] = [-1, -1];

  /**
   * @param identity One character a byte.
   * @param alias The name that workers receive in place of the identity, and send back.
   * @param sinceMs When its first request arrived.
   * @param loan The loan, if this record stands for another queue's client.
   */
  constructor(
    readonly identity: string,
    readonly alias: string,
    readonly sinceMs: number,
    readonly loan: Loan | null = null,
  ) {}
}

/**
 * What a worker is doing, as far as the queue can know. {@linkcode WorkerLists} has the table of states, and only it
 * changes a worker's state.
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
  /** Its state. */
  readonly state: WorkerState = "suspect";
  /** Since when it has been in its state. */
  readonly stateSinceMs: number;
  /**
   * The request that it was sent, while it is busy or on trial. If this worker is no longer the request's holder, the
   * request has ended, waits again, or is with another worker.
   */
  readonly request: QueuedRequest<F> | null = null;
  /** The token that replaced the client's alias in its last request on trial; empty if there was none. */
  token = "";
  /** A request that it may have dropped unread, and that another worker gets. A reply from this worker still counts. */
  unconfirmed: QueuedRequest<F> | null = null;
  /** Whether it has been idle. Until then the connection need not be a worker's. */
  hasJoined = false;
  /** When its last message came, if that was a reply; else `-Infinity`. */
  repliedAtMs = -Infinity;
  /** Where it comes from; `undefined` until its first message. */
  origin: PeerOrigin | undefined = undefined;
  /** How many of its replies counted. */
  answered = 0;
  /** How many requests were taken from it, or were with it when its connection ended. */
  lost = 0;
  /** How long its latest jobs took, in no order. */
  readonly jobsMs: number[] = [];

  /**
   * @param identity One character a byte.
   * @param now The time.
   */
  constructor(readonly identity: string, now: number) {
    this.stateSinceMs = now;
  }
}
