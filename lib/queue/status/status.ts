/**
 * A queue's status: the shape of `/status.json` and of {@linkcode ProgramQueue.status}.
 *
 * @module
 */

import { printableIdentity } from "../../identity.ts";
import {
  CLIENT_NUMBERS,
  NUMBERS_A_WORKER,
  type PeerColumns,
  WORKER_NUMBERS,
  WORKER_STATES,
} from "../broker/snapshot.ts";
import { percentile, type Times } from "../broker/times.ts";
import type { WorkerState } from "../broker/records.ts";
import type { LinkSnapshot } from "../link/counters.ts";
import type { QueueStatistics, RelaySnapshot, Side } from "../relay/relay_statistics.ts";
import { type Account, accountOf } from "./account.ts";
import { type Drain, type Pause, type QueueState, sentenceOf, type StateFacts, stateOf } from "./sentence.ts";
import { meanJobMs, workersWanted } from "./workers_wanted.ts";

/** A setting in effect. */
export interface Setting {
  /** Its name, such as `maxBacklog` for `--max-backlog`. */
  readonly name: string;
  /** Its value; durations are milliseconds, sizes are bytes. */
  readonly value: unknown;
  /** Where it came from: the flag, the name of the variable, `option` of an API call, or `default`. */
  readonly from: string;
}

/** The versions of the queue and of what it runs on. */
export interface Versions {
  readonly queue: string;
  /** The commit that it was built from, if known. */
  readonly commit: string | null;
  readonly deno: string;
  readonly libzmq: string;
}

/** The facts that do not change while a queue runs. */
export interface QueueFacts {
  /** When it started, as ISO 8601. */
  readonly startedAt: string;
  /** The name of its machine; `null`: Deno does not permit to ask for it. */
  readonly host: string | null;
  readonly versions: Versions;
  /** Endpoints as bound. */
  readonly frontend: readonly string[];
  /** Endpoints as bound. */
  readonly backend: readonly string[];
  /** Whether other machines reach a side without keys and without a range of addresses. */
  readonly open: { readonly frontend: boolean; readonly backend: boolean };
  readonly limits: { readonly requests: number; readonly bytes: number };
  readonly settings: readonly Setting[];
}

/** The facts that change, besides the snapshot. */
export interface MomentFacts {
  /** When the snapshot was taken, as ISO 8601. */
  readonly at: string;
  /** Who paused the queue; `null`: it is not paused. */
  readonly paused: Pause | null;
  /** Who asked for a drain; `null`: nobody. */
  readonly drain: Drain | null;
  /** While the queue is paused: the `wanted` figure from before the pause, if known. */
  readonly heldWanted?: number | undefined;
  /** Returns the file in which an exhausted request is kept, by its number; missing if none are kept. */
  readonly fileOf?: FileOf;
}

/** Returns the file in which an exhausted request is kept, by its number; `undefined` if it is not kept. */
export type FileOf = (number: number) => string | undefined;

/** Percentiles of the times in a minute. */
export interface TimesOfMinute {
  /** How many there were. */
  readonly count: number;
  /** Half of them were no longer than this, in milliseconds; `null` if there were none. */
  readonly p50Ms: number | null;
  /** 99 in 100 of them were no longer than this, in milliseconds; `null` if there were none. */
  readonly p99Ms: number | null;
}

/** A worker's connection. */
export interface WorkerStatus {
  /** Its identity, as text: no other connection has it. */
  readonly id: string;
  /** Its key's name, else its identity. */
  readonly name: string;
  readonly address: string | null;
  readonly state: WorkerState;
  /** For how long it has been in that state. */
  readonly stateMs: number;
  /** How long it has had its job; `null` if it has none. */
  readonly jobMs: number | null;
  /** The bytes that its job counts for in the backlog; `null` if it has none. */
  readonly jobBytes: number | null;
  /** How many of its replies counted. */
  readonly answered: number;
  /** How many jobs were taken from it. */
  readonly lost: number;
  /** The median time of its last seven jobs; `null` if it has done none. */
  readonly medianJobMs: number | null;
}

/** A client's connection. */
export interface ClientStatus {
  /** Its identity, as text: no other connection has it. */
  readonly id: string;
  /** Its key's name, else its identity. */
  readonly name: string;
  readonly address: string | null;
  /** How many of its requests wait. */
  readonly waiting: number;
  /** The age of the oldest of them, in milliseconds. */
  readonly oldestMs: number;
  /** How many of its requests were accepted. */
  readonly accepted: number;
  /** How many requests it has sent per second since its first one. */
  readonly acceptedPerSecond: number;
}

/** A peer that left. */
export interface DepartedStatus {
  readonly role: "worker" | "client";
  readonly name: string;
  readonly address: string | null;
  readonly reason: string;
  /** How long ago. */
  readonly agoMs: number;
}

/** A peer that was refused. */
export interface RefusedStatus {
  /** The side that it connected to. */
  readonly side: Side;
  readonly address: string;
  /** Its public key; `null` if it has shown none. */
  readonly publicKey: string | null;
  /** The name of that key; `null` if the list does not have it. */
  readonly name: string | null;
  /** Why it was refused the last time. */
  readonly reason: string;
  /** How to let it in; `null` if that is not known. */
  readonly toPermit: string | null;
  /** How many times it tried. */
  readonly count: number;
  /** How long ago it last tried. */
  readonly agoMs: number;
}

/** A request that reached its redelivery limit. */
export interface ExhaustedStatus {
  readonly client: string;
  readonly workers: readonly string[];
  readonly bytes: number;
  readonly digest: string;
  /** The file that has it; `null`: it is not kept, not yet, or no longer. */
  readonly file: string | null;
  /** How long ago. */
  readonly agoMs: number;
}

/** The link to other queues. */
export interface LinkStatus extends LinkSnapshot {
  /** Whether it is connected to a NATS server, without which the queue works alone. */
  readonly connected: boolean;
}

/** A queue's status. Times are milliseconds, sizes are bytes. */
export interface QueueStatus {
  /** The version of this shape. It increases when a property is renamed, removed, or changes its meaning. */
  readonly schema: 1;
  readonly state: QueueState;
  /** The state with its reason. */
  readonly sentence: string;
  readonly at: string;
  readonly startedAt: string;
  /** The name of its machine; `null`: Deno does not permit to ask for it. */
  readonly host: string | null;
  readonly versions: Versions;
  readonly frontend: readonly string[];
  readonly backend: readonly string[];
  readonly paused: Pause | null;
  readonly draining: boolean;
  /** Who asked for the drain; `null`: the queue is not draining. */
  readonly drain: Drain | null;
  /** Whether the newest connection is served first. */
  readonly newestFirst: boolean;
  /** All pending requests, and their limits. */
  readonly backlog: {
    readonly requests: number;
    readonly maxRequests: number;
    readonly bytes: number;
    readonly maxBytes: number;
  };
  readonly waiting: {
    /** Including delayed ones. */
    readonly requests: number;
    readonly delayed: number;
    /** The age of the oldest one that is not delayed. */
    readonly oldestMs: number | null;
  };
  readonly inFlight: {
    /** Including those on trial. */
    readonly requests: number;
    readonly onTrial: number;
    /** How long the oldest has been with its worker. */
    readonly oldestMs: number | null;
  };
  /** Over the last ten seconds. */
  readonly rates: { readonly acceptedPerSecond: number; readonly answeredPerSecond: number };
  /** Over the last minute. */
  readonly times: { readonly wait: TimesOfMinute; readonly work: TimesOfMinute };
  readonly account: Account;
  /** Counters since the start. */
  readonly counters: Omit<QueueStatistics, keyof RelaySnapshot["gauges"]>;
  /** Bytes of accepted requests (`in`) and of sent replies (`out`). */
  readonly bytes: { readonly in: number; readonly out: number };
  readonly access: {
    /** How many keys are permitted; `null`: none are required. */
    readonly keys: number | null;
    /** Whether other machines reach a side without keys and without a range of addresses. */
    readonly open: { readonly frontend: boolean; readonly backend: boolean };
    /** How many times peers were refused, by reason. */
    readonly refused: Readonly<Record<string, number>>;
  };
  /** The link to other queues; `null`: the queue is not linked to any. */
  readonly link: LinkStatus | null;
  readonly workers: {
    readonly total: number;
    readonly idle: number;
    /** Those that have a job, including one on trial. */
    readonly busy: number;
    /** Those that have not said READY, or do not answer. */
    readonly unconfirmed: number;
    readonly states: Readonly<Record<WorkerState, number>>;
    /** How many the queue could use. */
    readonly wanted: number;
    /** The mean time of a job, over the latest and the running ones. */
    readonly meanJobMs: number | null;
    /** For how long none has been idle or busy; `null`: one is. */
    readonly noneForMs: number | null;
    /** All of them; if there are more than 2,000, those with the oldest jobs. */
    readonly list: readonly WorkerStatus[];
  };
  readonly clients: {
    readonly total: number;
    /** The 100 with the oldest waiting requests. */
    readonly list: readonly ClientStatus[];
  };
  /** Peers that left within the last minute, at most 50 of each role. */
  readonly departed: readonly DepartedStatus[];
  /** Peers that were refused within the last five minutes, at most 100, latest first. */
  readonly refusedPeers: readonly RefusedStatus[];
  /** The last 100 requests that reached their redelivery limit. */
  readonly exhausted: readonly ExhaustedStatus[];
  readonly settings: readonly Setting[];
}

/**
 * Makes the status of a queue.
 *
 * @param snapshot The relay's snapshot.
 * @param facts The facts that do not change.
 * @param moment The other facts of the moment.
 */
export function statusOf(snapshot: RelaySnapshot, facts: QueueFacts, moment: MomentFacts): QueueStatus {
  const { counters, gauges, relayCounters, workerStates, tenSeconds, minute } = snapshot;
  const account = accountOf(snapshot);
  const busy = workerStates.busy + workerStates["on trial"];
  const state: StateFacts = {
    drain: moment.drain,
    paused: moment.paused,
    noWorkersMs: snapshot.noWorkersMs,
    newestFirst: gauges.newestFirst,
    waiting: account.waiting,
    oldestWaitingMs: snapshot.oldestWaitingMs,
    inFlight: account.inFlight,
    workers: gauges.workers,
    busyWorkers: busy,
    bytes: gauges.pendingBytes,
    limits: facts.limits,
  };
  const demand = {
    inFlight: account.inFlight,
    waiting: account.waiting,
    arrivalsPerSecond: perSecond(minute.accepted - minute.givenUp, minute.lengthMs),
    latestJobs: snapshot.latestJobs,
    runningMs: snapshot.runningJobsMs,
  };
  return {
    schema: 1,
    state: stateOf(state),
    sentence: sentenceOf(state),
    at: moment.at,
    startedAt: facts.startedAt,
    host: facts.host,
    versions: facts.versions,
    frontend: facts.frontend,
    backend: facts.backend,
    paused: moment.paused,
    draining: moment.drain !== null,
    drain: moment.drain,
    newestFirst: gauges.newestFirst,
    backlog: {
      requests: account.waiting + account.inFlight,
      maxRequests: facts.limits.requests,
      bytes: gauges.pendingBytes,
      maxBytes: facts.limits.bytes,
    },
    waiting: { requests: account.waiting, delayed: account.delayed, oldestMs: snapshot.oldestWaitingMs },
    inFlight: { requests: account.inFlight, onTrial: account.onTrial, oldestMs: snapshot.oldestInFlightMs },
    rates: {
      acceptedPerSecond: perSecond(tenSeconds.accepted, tenSeconds.lengthMs),
      answeredPerSecond: perSecond(tenSeconds.answered, tenSeconds.lengthMs),
    },
    times: { wait: timesOfMinute(minute.wait), work: timesOfMinute(minute.work) },
    account,
    counters: { ...counters, ...relayCounters },
    bytes: snapshot.bytes,
    access: { keys: snapshot.keys, open: facts.open, refused: snapshot.refused },
    link: snapshot.link === undefined ? null : { connected: snapshot.link.server !== null, ...snapshot.link },
    workers: {
      total: gauges.workers,
      idle: gauges.idleWorkers,
      busy,
      unconfirmed: workerStates.silent + workerStates.hung + workerStates.suspect,
      states: workerStates,
      wanted: moment.heldWanted ?? workersWanted(demand),
      meanJobMs: meanJobMs(demand),
      noneForMs: snapshot.noWorkersMs,
      list: workersOf(snapshot.workers),
    },
    clients: {
      total: gauges.clients,
      list: clientsOf(snapshot.clients),
    },
    departed: snapshot.departed.map(({ role, identity, name, address, reason, ageMs }) => ({
      role,
      name: name ?? printableIdentity(identity),
      address: address ?? null,
      reason,
      agoMs: ageMs,
    })),
    refusedPeers: snapshot.refusedPeers.map(({ role, address, publicKey, name, reason, toPermit, count, ageMs }) => ({
      side: role === "client" ? "frontend" : "backend",
      address,
      publicKey: publicKey ?? null,
      name: name ?? null,
      reason,
      toPermit: toPermit ?? null,
      count,
      agoMs: ageMs,
    })),
    exhausted: snapshot.exhausted.map(({ client, workers, bytes, digest, number, ageMs }) => ({
      client: printableIdentity(client),
      workers: workers.map(printableIdentity),
      bytes,
      digest,
      file: moment.fileOf?.(number) ?? null,
      agoMs: ageMs,
    })),
    settings: facts.settings,
  };
}

/** A rate. Times below a second count as one, since a rate over less would mean nothing. */
function perSecond(count: number, lengthMs: number): number {
  return count * 1000 / Math.max(1000, lengthMs);
}

function timesOfMinute(times: Times): TimesOfMinute {
  return { count: times.count, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

function clientsOf({ identities, addresses, names, numbers }: PeerColumns): ClientStatus[] {
  return identities.map((identity, index) => {
    const row = numbers.subarray(index * CLIENT_NUMBERS.length, (index + 1) * CLIENT_NUMBERS.length);
    const [waiting, oldestMs, accepted, sinceMs] = row as unknown as [number, number, number, number];
    return {
      id: printableIdentity(identity),
      name: names[index] ?? printableIdentity(identity),
      address: addresses[index] ?? null,
      waiting,
      oldestMs,
      accepted,
      acceptedPerSecond: perSecond(accepted, sinceMs),
    };
  });
}

function workersOf({ identities, addresses, names, numbers }: PeerColumns): WorkerStatus[] {
  return identities.map((identity, index) => {
    const row = numbers.subarray(index * NUMBERS_A_WORKER, (index + 1) * NUMBERS_A_WORKER);
    const [stateCode, stateMs, jobBytes, answered, lost, jobTimes] = row as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const state = WORKER_STATES[stateCode]!;
    const hasJob = state === "busy" || state === "on trial";
    const start = WORKER_NUMBERS.length;
    return {
      id: printableIdentity(identity),
      name: names[index] ?? printableIdentity(identity),
      address: addresses[index] ?? null,
      state,
      stateMs,
      jobMs: hasJob ? stateMs : null,
      jobBytes: hasJob ? jobBytes : null,
      answered,
      lost,
      medianJobMs: medianOf(row.slice(start, start + jobTimes)),
    };
  });
}

function medianOf(values: Float64Array): number | null {
  if (values.length === 0) return null;
  const sorted = values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
