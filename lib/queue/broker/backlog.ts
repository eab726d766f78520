/**
 * The backlog: the requests that wait for a worker. They are served in this order:
 *
 * 1. Redeliveries (requests that a worker has had), in the order of arrival.
 * 2. Requests of connections that have no more waiting than their share. The connection whose oldest waiting request arrived
 *    first is served first; while clients give up, the one whose oldest arrived last. Within a connection the oldest request
 *    is always served first.
 * 3. Requests of the other connections, in the same order.
 *
 * @module
 */

import { ConnectionHeap } from "./connection_heap.ts";
import { LinkedList } from "../../linked_list.ts";
import type { ClientConnection, QueuedRequest } from "./records.ts";

/** While the newest connection is served first, one request in this many is the oldest instead, so that none starves. */
const OLDEST_EVERY = 32;

/** What one connection may have waiting before it is served last. */
export interface ClientShare {
  /** Requests. */
  readonly requests: number;
  /** Bytes. */
  readonly bytes: number;
}

/** The connections that have waiting requests, in both orders. */
class ConnectionOrder<F> {
  readonly oldest = new ConnectionHeap<ClientConnection<F>>("smallest", 0);
  /** Empty unless the newest connection is served first. */
  readonly newest = new ConnectionHeap<ClientConnection<F>>("largest", 1);

  add(client: ClientConnection<F>, newestFirst: boolean): void {
    this.oldest.add(client);
    if (newestFirst) this.newest.add(client);
  }

  remove(client: ClientConnection<F>, newestFirst: boolean): void {
    this.oldest.remove(client);
    if (newestFirst) this.newest.remove(client);
  }

  update(client: ClientConnection<F>, newestFirst: boolean): void {
    this.oldest.update(client);
    if (newestFirst) this.newest.update(client);
  }

  setNewestFirst(newestFirst: boolean): void {
    this.newest.clear();
    if (newestFirst) { for (const client of this.oldest) this.newest.add(client); }
  }
}

/** The requests that wait for a worker. Only {@linkcode RequestLists} uses it, and keeps the requests' states. */
export class Backlog<F> {
  readonly #share: ClientShare;
  readonly #redeliveries = new LinkedList<QueuedRequest<F>>();
  readonly #withinShare = new ConnectionOrder<F>();
  readonly #overShare = new ConnectionOrder<F>();
  #size = 0;
  #newestFirst = false;
  #takenNewestFirst = 0;

  /** @param share What one connection may have waiting before it is served last. */
  constructor(share: ClientShare) {
    this.#share = share;
  }

  /** How many requests wait. */
  get size(): number {
    return this.#size;
  }

  /** How many of them are redeliveries. */
  get redeliveries(): number {
    return this.#redeliveries.size;
  }

  /** Whether the newest connection is served first. */
  get newestFirst(): boolean {
    return this.#newestFirst;
  }

  /** Changes the order between connections. */
  setNewestFirst(newestFirst: boolean): void {
    if (newestFirst === this.#newestFirst) return;
    this.#newestFirst = newestFirst;
    this.#takenNewestFirst = 0;
    this.#withinShare.setNewestFirst(newestFirst);
    this.#overShare.setNewestFirst(newestFirst);
  }

  /** Adds a request that is in no list and newer than all others. */
  add(request: QueuedRequest<F>): void {
    const { client } = request;
    client.waiting.append(request);
    client.waitingBytes += request.bytes;
    this.#size++;
    if (client.waiting.size === 1) {
      client.heapKey = request.sequence;
      client.isOverShare = this.#exceedsShare(client);
      this.#orderOf(client).add(client, this.#newestFirst);
    } else {
      this.#checkShare(client);
    }
  }

  /** Adds a redelivery: a request that is in no list and that a worker has had. */
  addRedelivery(request: QueuedRequest<F>): void {
    let place = this.#redeliveries.last;
    while (place !== null && place.sequence > request.sequence) place = place.previous;
    this.#redeliveries.insertAfter(place, request);
    request.client.redeliveries++;
    this.#size++;
  }

  /** Removes a request that is in the backlog. */
  remove(request: QueuedRequest<F>): void {
    this.#size--;
    if (request.list === this.#redeliveries) {
      this.#redeliveries.remove(request);
      request.client.redeliveries--;
      return;
    }
    const { client } = request;
    const wasOldest = client.waiting.first === request;
    client.waiting.remove(request);
    client.waitingBytes -= request.bytes;
    const oldest = client.waiting.first;
    if (oldest === null) {
      this.#orderOf(client).remove(client, this.#newestFirst);
      return;
    }
    if (wasOldest) {
      client.heapKey = oldest.sequence;
      this.#orderOf(client).update(client, this.#newestFirst);
    }
    this.#checkShare(client);
  }

  /** Removes the request that is served next and returns it, or `null`. */
  take(): QueuedRequest<F> | null {
    // Without this check, a call on an empty backlog would count as a request taken newest first.
    if (this.#size === 0) return null;
    const request = this.#redeliveries.first ?? this.#nextInOrder();
    if (request !== null) this.remove(request);
    return request;
  }

  /** The oldest redelivery, else the oldest request of a connection within its share, else of any other; or `null`. */
  get oldest(): QueuedRequest<F> | null {
    return this.#redeliveries.first ?? this.#oldestInOrder();
  }

  /** The oldest waiting request, or `null`. */
  get firstArrived(): QueuedRequest<F> | null {
    let first = this.#redeliveries.first;
    for (const { oldest } of [this.#withinShare, this.#overShare]) {
      const request = oldest.first?.waiting.first ?? null;
      if (first === null || (request !== null && request.sequence < first.sequence)) first = request;
    }
    return first;
  }

  /**
   * The oldest requests, in the order of arrival: redeliveries, and of each connection the oldest request that no worker has
   * had.
   *
   * @param limit The most to return.
   */
  oldestOfConnections(limit: number): QueuedRequest<F>[] {
    const redeliveries: QueuedRequest<F>[] = [];
    for (const request of this.#redeliveries) {
      if (redeliveries.length === limit) break;
      redeliveries.push(request);
    }
    const clients = [...this.#withinShare.oldest.firsts(limit), ...this.#overShare.oldest.firsts(limit)];
    const requests = [...redeliveries, ...clients.map((client) => client.waiting.first!)];
    return requests.sort((one, other) => one.sequence - other.sequence).slice(0, limit);
  }

  /** The redeliveries of one connection. The loop's body may remove the current one. */
  *redeliveriesOf(client: ClientConnection<F>): IterableIterator<QueuedRequest<F>> {
    if (client.redeliveries === 0) return;
    for (const request of this.#redeliveries) if (request.client === client) yield request;
  }

  #nextInOrder(): QueuedRequest<F> | null {
    if (!this.#newestFirst || ++this.#takenNewestFirst % OLDEST_EVERY === 0) return this.#oldestInOrder();
    const client = this.#withinShare.newest.first ?? this.#overShare.newest.first;
    return client?.waiting.first ?? null;
  }

  #oldestInOrder(): QueuedRequest<F> | null {
    const client = this.#withinShare.oldest.first ?? this.#overShare.oldest.first;
    return client?.waiting.first ?? null;
  }

  #orderOf(client: ClientConnection<F>): ConnectionOrder<F> {
    return client.isOverShare ? this.#overShare : this.#withinShare;
  }

  #exceedsShare(client: ClientConnection<F>): boolean {
    // A single request is always within the share, however large: the connection has no smaller one that could go first.
    return client.waiting.size > 1 &&
      (client.waiting.size > this.#share.requests || client.waitingBytes > this.#share.bytes);
  }

  #checkShare(client: ClientConnection<F>): void {
    const isOverShare = this.#exceedsShare(client);
    if (isOverShare === client.isOverShare) return;
    this.#orderOf(client).remove(client, this.#newestFirst);
    client.isOverShare = isOverShare;
    this.#orderOf(client).add(client, this.#newestFirst);
  }
}
