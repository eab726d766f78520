/**
 * The relay's counters and snapshots.
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
  /** Messages that were dropped unread because their sender's identity was too long, or because handling them failed. */
  droppedMessages: number;
  /** Requests that reached their limit of redeliveries but were not copied to the folder for them, if there is one. */
  exhaustedNotCopied: number;
  /** Failed handshakes for which libzmq gives a reason, not including refused peers. */
  failedHandshakes: number;
  /** Connections that were closed because their address had too many in handshake. */
  excessHandshakes: number;
}

/** The queue's counters since the start and its gauges. The link's counters are there only if it is linked to other queues. */
export type QueueStatistics = BrokerCounters & RelayCounters & BrokerGauges & Partial<LinkCounters>;

/** A peer that was not let in. */
export interface RefusedPeer {
  /** The side that it connected to, named by the role that the side is for. */
  readonly role: PeerRole;
  readonly address: string;
  /** Its public key, if it has shown one. */
  readonly publicKey?: string | undefined;
  /** The name of that key, if the list has it. */
  readonly name?: string | undefined;
  /** Why it was refused the last time. */
  readonly reason: string;
  /** How to let it in, if that is known. */
  readonly toPermit?: string;
  /** How many times it tried. */
  readonly count: number;
  /** How long ago it last tried, in milliseconds. */
  readonly ageMs: number;
}

/** A snapshot of the relay. */
export interface RelaySnapshot extends BrokerSnapshot {
  /** The relay's own counters since the start. */
  readonly relayCounters: RelayCounters;
  /** How many messages each side dropped unread. */
  readonly dropped: Readonly<Record<Side, number>>;
  /** How many times peers were refused, by reason. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Peers that were refused within the last five minutes, at most 100, latest first. */
  readonly refusedPeers: readonly RefusedPeer[];
  /** How many keys are permitted; `null`: no keys are needed. */
  readonly keys: number | null;
  /** When it was taken by the wall clock, in milliseconds since 1970. The main thread may receive it later. */
  readonly takenAtMs: number;
  /** When it was taken by the relay's monotonic clock, in milliseconds. */
  readonly clockMs: number;
  /** The link to other queues, if there is one. */
  readonly link?: LinkSnapshot;
}
