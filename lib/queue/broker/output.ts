/**
 * The broker's effects and reports: the interface that the relay implements with sockets and tests with arrays.
 *
 * @module
 */

import type { LostWorker, PeerOrigin } from "./records.ts";

/** What became of a message that was sent. */
export type SendOutcome = "sent" | "would block" | "unreachable";

/** The broker's effects. */
export interface BrokerOutput<F> {
  /**
   * Sends `[worker, "", client, ...frames]` through the backend. The broker keeps the frames.
   *
   * @param worker The worker's identity.
   * @param client The client's alias, or a token. The worker sends it back.
   * @param frames The request's frames.
   */
  sendRequest(worker: string, client: string, frames: readonly F[]): SendOutcome;
  /**
   * Sends `[client, ...frames]` through the frontend, with the frames from index `start` on. It may take these frames out of
   * the worker's message; the caller does not read them afterwards.
   *
   * @param client The client's identity.
   * @param frames The worker's message.
   * @param start The index of the first frame for the client.
   */
  sendReply(client: string, frames: readonly F[], start: number): SendOutcome;
  /**
   * Looks up where a peer comes from.
   *
   * @param identity Its identity.
   * @param frames A message from the peer, not yet released.
   */
  originOf(identity: string, frames: readonly F[]): PeerOrigin;
  /** Drops frames that the broker owned. */
  release(frames: readonly F[]): void;
  /** A short hash of a request's frames, by which people recognise a request that a client sends again. */
  digest(frames: readonly F[]): string;
  /**
   * A request reached its limit of redeliveries.
   *
   * @param request The request. Its frames are released after this call.
   * @param id How people and the status recognise it.
   */
  exhausted(request: ExhaustedRequest<F>, id: ExhaustedId): void;
  /**
   * Makes the name under which workers know a client's connection. Called once per connection.
   *
   * @param identity The client's identity; `null`: it is another queue's client.
   * @returns Its identity, or random text that no peer can guess: at most 255 characters of one byte each.
   */
  makeAlias(identity: string | null): string;
  /** Makes random text that no peer can guess: 16 characters of one byte each. */
  makeToken(): string;
  /** Reports what happened. */
  report(report: BrokerReport): void;
}

/** How an exhausted request is recognised. */
export interface ExhaustedId {
  /** Its hash. */
  readonly digest: string;
  /** Its number among all exhausted requests since the start; the first is 1. */
  readonly number: number;
}

/** A request that met its limit of redeliveries. */
export interface ExhaustedRequest<F> {
  /** The client that sent it. */
  readonly client: { readonly identity: string };
  /** All frames behind the client's identity. */
  readonly frames: readonly F[];
  /** When it arrived. */
  readonly arrivedAtMs: number;
  /** The workers that were lost with it. */
  readonly lostWorkers: readonly LostWorker[];
}

/**
 * What becomes of a lost worker's request: it is sent to another worker, or ends, or goes back to the queue that it is from.
 */
export type LostRequest = "redelivered" | "exhausted" | "client left" | "returned to its queue";

/** What happened that people may want to know. */
export type BrokerReport =
  /**
   * A connection became a worker, or the connection of a worker without a client's request ended. There are now `workers`
   * workers.
   */
  | { readonly event: "worker joined" | "worker left"; readonly worker: string; readonly workers: number }
  /**
   * A worker's connection ended while it had a request, or it did not answer within the job timeout, or it said READY
   * instead of answering. `afterMs` is the time since it was sent the request.
   */
  | {
    readonly event: "worker lost" | "job timeout" | "ready while busy";
    readonly worker: string;
    readonly request: LostRequest;
    readonly afterMs: number;
  }
  /** A request was lost at another queue, `afterMs` after it was sent there. */
  | {
    readonly event: "remote request lost";
    readonly queue: string;
    readonly request: LostRequest;
    readonly afterMs: number;
  }
  /** A job takes longer than the option `slowJob` says. */
  | {
    readonly event: "slow job";
    readonly worker: string;
    /** The client's identity. */
    readonly client: string;
    /** The bytes of the request's frames. */
    readonly bytes: number;
    /** How long ago the worker was sent the request. */
    readonly ageMs: number;
  }
  /** The order between connections changed. */
  | { readonly event: "order changed"; readonly newestFirst: boolean; readonly backlog: number }
  /** A request was dropped because it reached its limit of redeliveries. */
  | {
    readonly event: "redelivery limit reached";
    /** The bytes of its frames. */
    readonly bytes: number;
    readonly digest: string;
    /** The client's identity. */
    readonly client: string;
    /** The identities of the workers it was sent to. */
    readonly workers: readonly string[];
  }
  /** More than half of a minute's replies came after their clients had left. */
  | {
    readonly event: "jobs take longer than clients wait";
    /** All replies of the minute. */
    readonly replies: number;
    /** Those that could not be delivered because their clients had left. */
    readonly undeliverable: number;
    readonly medianJobMs: number;
  }
  /**
   * A worker's message was neither READY nor a reply, or it was a reply to a request that the worker did not have, or no
   * longer has.
   */
  | { readonly event: "malformed message" | "unmatched reply" | "late reply"; readonly worker: string }
  /** The first message of a connection looks like a request: a client seems to be connected to the backend. */
  | { readonly event: "request at the backend"; readonly client: string }
  /** A request's body is READY: a worker seems to be connected to the frontend. */
  | { readonly event: "ready at the frontend"; readonly client: string }
  /** A request was refused because the backlog is full or the queue is draining. */
  | { readonly event: "request refused"; readonly reason: "backlog full" | "draining" };
