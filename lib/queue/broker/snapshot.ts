/**
 * What the broker can tell of one moment. All times are ages, in milliseconds before that moment: the threads that exchange it
 * have clocks of their own.
 *
 * Workers and clients are in columns and not in objects, since copying a thousand objects from one thread to another would hold
 * up the relay.
 *
 * @module
 */

import type { RecentPeriod } from "./recent.ts";
import type { ClientConnection, PeerOrigin, QueuedRequest, WorkerConnection, WorkerState } from "./records.ts";
import type { BrokerCounters, BrokerGauges } from "./statistics.ts";
import type { Times } from "./times.ts";

/** The most workers that a snapshot tells of. */
export const MAX_WORKERS_SHOWN = 2000;
/** The most clients that a snapshot tells of. */
export const MAX_CLIENTS_SHOWN = 100;
/** Of how many of its latest jobs each worker's median is. */
export const WORKER_JOBS = 7;

/** All states, in the order of their codes in a worker's numbers. */
export const WORKER_STATES: readonly WorkerState[] = ["silent", "idle", "busy", "on trial", "hung", "suspect"];

/** What stands in {@linkcode PeerColumns.numbers} for each worker, in this order; times of its latest jobs follow. */
export const WORKER_NUMBERS = ["stateCode", "stateAgeMs", "jobBytes", "answered", "lost", "jobTimes"] as const;
/** How many numbers there are for each worker. */
export const NUMBERS_A_WORKER: number = WORKER_NUMBERS.length + WORKER_JOBS;

/** What stands in {@linkcode PeerColumns.numbers} for each client with waiting requests, in this order. */
export const CLIENT_NUMBERS = [
  /** Its waiting requests ... */
  "waiting",
  /** ... and the age of the oldest of these. */
  "oldestAgeMs",
  /** How many requests of this connection were accepted ... */
  "accepted",
  /** ... since its first one, this long ago. */
  "sinceAgeMs",
] as const;

/** Workers or clients, in columns. */
export interface PeerColumns {
  /** One character a byte. */
  readonly identities: readonly string[];
  /** Where each one comes from. */
  readonly addresses: readonly (string | undefined)[];
  /** The name of the key that each one has; empty if none has a key. */
  readonly names: readonly (string | undefined)[];
  /** For each the same count of numbers. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** A peer that left. */
export interface DepartedPeer extends PeerOrigin {
  /** What it was. */
  readonly role: "worker" | "client";
  /** One character a byte. */
  readonly identity: string;
  /** Why it counts as gone. */
  readonly reason: string;
  /** When that was. */
  readonly ageMs: number;
}

/** A request that met its limit of redeliveries. */
export interface ExhaustedRequest {
  /** The client's identity. */
  readonly client: string;
  /** The bytes of its frames. */
  readonly bytes: number;
  /** A short hash of its body. */
  readonly digest: string;
  /** Which one it is of all since the start; the first is 1. */
  readonly number: number;
  /** The identities of the workers that were lost with it. */
  readonly workers: readonly string[];
  /** When it ended. */
  readonly ageMs: number;
}

/** What the broker can tell of one moment. */
export interface BrokerSnapshot {
  /** What happened since the start. */
  readonly counters: BrokerCounters;
  /** What there is. */
  readonly gauges: BrokerGauges;
  /** Bytes of the frames of accepted requests, and of replies that were handed to libzmq. */
  readonly bytes: { readonly in: number; readonly out: number };
  /** Of the redeliveries, those whose worker had exceeded the job timeout. */
  readonly redeliveriesAfterTimeout: number;
  /** Connections at the backend in each state. */
  readonly workerStates: Readonly<Record<WorkerState, number>>;
  /** The age of the oldest waiting request; delayed ones do not count. `null`: none waits. */
  readonly oldestWaitingMs: number | null;
  /** How long the worker that was sent its request first has had it. `null`: none has one. */
  readonly oldestInFlightMs: number | null;
  /** For how long no worker has been idle, busy or on trial; `null`: there is one. */
  readonly noWorkersMs: number | null;
  /** The running jobs' ages, together. */
  readonly runningJobsMs: number;
  /** The latest jobs: how many, and how long they took together. */
  readonly latestJobs: { readonly count: number; readonly sumMs: number };
  /** How long requests waited, since the start. */
  readonly wait: Times;
  /** How long workers took, since the start. */
  readonly work: Times;
  /** The last ten seconds. */
  readonly tenSeconds: RecentPeriod;
  /** The last minute. */
  readonly minute: RecentPeriod;
  /** Workers: all of them or, if there are more than 2,000, those with the oldest jobs first. */
  readonly workers: PeerColumns;
  /** The clients with the oldest waiting requests, 100 at most. */
  readonly clients: PeerColumns;
  /** Peers that left within the last minute, 50 at most of each role, the last one first. */
  readonly departed: readonly DepartedPeer[];
  /** The last 100 requests that met their limit of redeliveries, the last one first. */
  readonly exhausted: readonly ExhaustedRequest[];
}

/**
 * Puts workers into columns.
 *
 * @param workers The workers.
 * @param count How many there are at least.
 * @param now The time.
 */
export function workerColumns<F>(
  workers: Iterable<WorkerConnection<F>>,
  count: number,
  now: number,
): PeerColumns {
  const shown = Math.min(count, MAX_WORKERS_SHOWN);
  const identities: string[] = [];
  const addresses: (string | undefined)[] = [];
  const names: (string | undefined)[] = [];
  const numbers = new Float64Array(shown * NUMBERS_A_WORKER);
  let offset = 0;
  for (const worker of workers) {
    if (identities.length === shown) break;
    identities.push(worker.identity);
    addresses.push(worker.origin?.address);
    names.push(worker.origin?.name);
    numbers[offset] = WORKER_STATES.indexOf(worker.state);
    numbers[offset + 1] = now - worker.stateSinceMs;
    numbers[offset + 2] = isWorking(worker) ? worker.request?.bytes ?? 0 : 0;
    numbers[offset + 3] = worker.answered;
    numbers[offset + 4] = worker.lost;
    numbers[offset + 5] = worker.jobsMs.length;
    for (let job = 0; job < worker.jobsMs.length; job++) numbers[offset + 6 + job] = worker.jobsMs[job]!;
    offset += NUMBERS_A_WORKER;
  }
  return { identities, addresses, names: orNone(names), numbers };
}

function isWorking<F>({ state }: WorkerConnection<F>): boolean {
  return state === "busy" || state === "on trial";
}

/** Names, or nothing if there is none. */
function orNone(names: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return names.some((name) => name !== undefined) ? names : [];
}

/**
 * Puts the clients that requests belong to into columns, each once.
 *
 * @param requests Requests, oldest first.
 * @param originOf Where a request comes from.
 * @param now The time.
 */
export function clientColumns<F>(
  requests: readonly QueuedRequest<F>[],
  originOf: (request: QueuedRequest<F>) => PeerOrigin,
  now: number,
): PeerColumns {
  const seen = new Set<ClientConnection<F>>();
  const identities: string[] = [];
  const addresses: (string | undefined)[] = [];
  const names: (string | undefined)[] = [];
  const numbers = new Float64Array(requests.length * CLIENT_NUMBERS.length);
  let offset = 0;
  for (const request of requests) {
    const { client } = request;
    if (seen.has(client)) continue;
    seen.add(client);
    // Looking it up takes longer than all the rest.
    const { address, name } = client.origin ??= originOf(request);
    identities.push(client.identity);
    addresses.push(address);
    names.push(name);
    numbers[offset++] = client.waiting.size + client.redeliveries;
    numbers[offset++] = now - request.arrivedAtMs;
    numbers[offset++] = client.accepted;
    numbers[offset++] = now - client.sinceMs;
  }
  return { identities, addresses, names: orNone(names), numbers };
}
