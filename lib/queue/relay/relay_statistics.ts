/**
 * What the relay counts, and what it can tell of one moment.
 *
 * @module
 */

import type { LinkCounters, LinkSnapshot } from "../link/counters.ts";
import type { PeerRole } from "../../access/permitted_keys.ts";
import type { RefusalReason } from "../access/admission.ts";
import type { BrokerSnapshot } from "../broker/snapshot.ts";
import type { BrokerCounters, BrokerGauges } from "../broker/statistics.ts";

/** One of the queue's two sides. */
export type Side = "frontend" | "backend";

/** What the relay itself counts. */
export interface RelayCounters {
  /** Messages that were dropped unread: their sender's identity is too long, or handling them failed. */
  droppedMessages: number;
  /** Requests that met their limit and were not copied for the folder that keeps them, if there is one. */
  exhaustedNotCopied: number;
  /** Handshakes that failed, as far as libzmq tells why. Refused peers are not among them. */
  failedHandshakes: number;
  /** Connections that were closed since their address had too many in handshake. */
  excessHandshakes: number;
}

/** The queue's counters since the start, and its gauges; those of the link only if it is linked to other queues. */
export type QueueStatistics = BrokerCounters & RelayCounters & BrokerGauges & Partial<LinkCounters>;

/** A peer that was not let in. */
export interface RefusedPeer {
  /** The side that it had connected to, as the role that this side is for. */
  readonly role: PeerRole;
  readonly address: string;
  /** Its public key, if it has shown one. */
  readonly publicKey?: string | undefined;
  /** The name of that key, if the list has it. */
  readonly name?: string | undefined;
  /** Why, the last time. */
  readonly reason: string;
  /** What to do to let it in, where that is known. */
  readonly toPermit?: string;
  /** How often it came. */
  readonly count: number;
  /** How long ago it came last. */
  readonly ageMs: number;
}

/** What the relay can tell of one moment. */
export interface RelaySnapshot extends BrokerSnapshot {
  /** What the relay itself counted since the start. */
  readonly relayCounters: RelayCounters;
  /** Messages that were dropped unread, on each side. */
  readonly dropped: Readonly<Record<Side, number>>;
  /** How often peers were not let in, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Peers that were not let in within the last five minutes, 100 at most, the last one first. */
  readonly refusedPeers: readonly RefusedPeer[];
  /** How many keys are permitted; `null`: no keys are needed. */
  readonly keys: number | null;
  /** When it was taken, by the clock on the wall, in milliseconds since 1970. The main thread may come to it later. */
  readonly takenAtMs: number;
  /** The same by the relay's own clock, which nobody sets. */
  readonly clockMs: number;
  /** The link to other queues, if there is one. */
  readonly link?: LinkSnapshot;
}
