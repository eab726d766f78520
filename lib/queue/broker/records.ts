/**
 * What the broker knows of a request, of a client (a connection at the frontend) and of a worker (a connection at the
 * backend).
 *
 * @module
 */

import type { HeapItem } from "./connection_heap.ts";
import type { Loan } from "./lending.ts";
import { type Linked, LinkedList } from "../../linked_list.ts";

/** Where a request is. {@linkcode RequestLists} has the table of states, and only it changes a request's state. */
export type RequestState = "waiting" | "delayed" | "in flight" | "on trial" | "remote" | "on loan" | "ended";

/** Where a peer comes from, as far as that is known. */
export interface PeerOrigin {
  /** Its address. */
  readonly address?: string;
  /** The name of the key that it has. */
  readonly name?: string;
}

/** Shared, so that a request costs no array that it hardly ever needs. */
const NONE: readonly never[] = [];

/** A worker that was lost with a request. */
export interface WorkerMet {
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
  /** Where it is. */
  readonly state: RequestState = "waiting";
  /** The worker that has it, while it is in flight, on trial or on loan; while it is remote, one that stands for the queue. */
  readonly holder: WorkerConnection<F> | null = null;
  /** When it was last sent to a worker; -1: never. */
  readonly sentAtMs: number = -1;
  /** Until when it is delayed. */
  readonly delayedUntilMs: number = 0;
  /** How many workers were lost with it, without those that made an orderly exit. */
  redeliveries = 0;
  /** How many workers made an orderly exit just as it was sent to them. */
  orderlyExits = 0;
  /** All workers that were lost with it. */
  workersMet: readonly WorkerMet[] = NONE;

  /**
   * @param sequence Its position in the order of arrival.
   * @param client The connection that sent it.
   * @param frames All frames behind the client's identity, such as `["", ...body]`; the request owns them.
   * @param bytes What it counts for in the backlog's limit of bytes.
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
  /** The bytes that these count for. */
  waitingBytes = 0;
  /** Its requests that have not ended. */
  pending = 0;
  /** Its requests that were accepted. */
  accepted = 0;
  /** Its requests that a worker has had and that wait for another, now or when their delay is over. */
  redeliveries = 0;
  /** Whether the connection has ended, or another one took over its identity. */
  isGone = false;
  /** Where it comes from; `undefined`: nobody has asked yet. */
  origin: PeerOrigin | undefined = undefined;
  /** Whether more of its requests wait than its share. */
  isOverShare = false;
  /** The sequence of the first of {@linkcode ClientConnection.waiting}. */
  heapKey = 0;
  /** @see HeapItem */
  readonly heapPositions: [number, number] = [-1, -1];

  /**
   * @param identity One character a byte.
   * @param alias What workers receive in its place, and return.
   * @param sinceMs When its first request came.
   * @param loan Its only request, if that is another queue's.
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
  /** What it is doing. */
  readonly state: WorkerState = "suspect";
  /** Since when it is in its state. */
  readonly stateSinceMs: number;
  /**
   * The request that it was sent, while it is busy or on trial. When the request's holder is no longer this worker, the
   * request has ended, waits again, or is with another worker.
   */
  readonly request: QueuedRequest<F> | null = null;
  /** What stood in the client's place in the last request that it was sent on trial; empty if there was none. */
  token = "";
  /** A request that it may have dropped unread, so that another worker gets it. A reply from this one still counts. */
  unconfirmed: QueuedRequest<F> | null = null;
  /** Whether it has been idle: a connection that has said nothing yet need not be a worker. */
  hasJoined = false;
  /** When its last message came, if that was a reply. */
  repliedAtMs = -Infinity;
  /** Where it comes from; `undefined` until its first message. */
  origin: PeerOrigin | undefined = undefined;
  /** Its replies that counted. */
  answered = 0;
  /** Requests that were taken from it, or that were with it when its connection ended. */
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
