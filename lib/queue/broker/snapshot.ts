/**
 * A snapshot of the broker. All times are ages, in milliseconds before the snapshot, because the threads that exchange it
 * have different clocks.
 *
 * Workers and clients are stored in columns rather than as objects, because copying a thousand objects to another thread
 * would hold up the relay.
 *
 * @module
 */

import type { RecentPeriod } from "./recent.ts";
import type { ClientConnection, PeerOrigin, QueuedRequest, WorkerConnection, WorkerState } from "./records.ts";
import type { BrokerCounters, BrokerGauges } from "./statistics.ts";
import type { Times } from "./times.ts";

/** The most workers that a snapshot holds. */
export const MAX_WORKERS_SHOWN = 2000;
/** The most clients that a snapshot holds. */
export const MAX_CLIENTS_SHOWN = 100;
/** How many of its latest jobs each worker's median is taken over. */
export const WORKER_JOBS = 7;

/** All states; a state's index is its `stateCode`. */
export const WORKER_STATES: readonly WorkerState[] = ["silent", "idle", "busy", "on trial", "hung", "suspect"];

/** The columns of {@linkcode PeerColumns.numbers} for workers, in order. The times of the worker's latest jobs follow. */
export const WORKER_NUMBERS = ["stateCode", "stateAgeMs", "jobBytes", "answered", "lost", "jobTimes"] as const;
/** How many numbers there are for each worker. */
export const NUMBERS_A_WORKER: number = WORKER_NUMBERS.length + WORKER_JOBS;

/** The columns of {@linkcode PeerColumns.numbers} for clients with waiting requests, in order. */
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
  /** The name of each one's key; empty if none has a key. */
  readonly names: readonly (string | undefined)[];
  /** The same number of values for each peer, one peer after another. */
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
  /** How long ago that was, in milliseconds. */
  readonly ageMs: number;
}

/** A request that reached its limit of redeliveries. */
export interface ExhaustedRequest {
  /** The client's identity. */
  readonly client: string;
  /** The bytes of its frames. */
  readonly bytes: number;
  /** A short hash of its body. */
  readonly digest: string;
  /** Its number among all of these since the start; the first is 1. */
  readonly number: number;
  /** The identities of the workers that were lost with it. */
  readonly workers: readonly string[];
  /** How long ago it ended, in milliseconds. */
  readonly ageMs: number;
}

/** What the broker can tell of one moment. */
export interface BrokerSnapshot {
  /** What happened since the start. */
  readonly counters: BrokerCounters;
  /** The current gauges. */
  readonly gauges: BrokerGauges;
  /** Bytes in the frames of accepted requests (`in`) and of replies that were handed to libzmq (`out`). */
  readonly bytes: { readonly in: number; readonly out: number };
  /** How many redeliveries were caused by the job timeout. */
  readonly redeliveriesAfterTimeout: number;
  /** How many connections at the backend are in each state. */
  readonly workerStates: Readonly<Record<WorkerState, number>>;
  /** The age of the oldest waiting request, not counting delayed ones; `null`: none waits. */
  readonly oldestWaitingMs: number | null;
  /** How long the oldest running job has been with its worker; `null`: none runs. */
  readonly oldestInFlightMs: number | null;
  /** For how long no worker has been idle, busy or on trial; `null`: one is. */
  readonly noWorkersMs: number | null;
  /** The sum of the running jobs' ages. */
  readonly runningJobsMs: number;
  /** The latest jobs: how many, and how long they took in total. */
  readonly latestJobs: { readonly count: number; readonly sumMs: number };
  /** How long requests waited, since the start. */
  readonly wait: Times;
  /** How long workers took, since the start. */
  readonly work: Times;
  /** The last ten seconds. */
  readonly tenSeconds: RecentPeriod;
  /** The last minute. */
  readonly minute: RecentPeriod;
  /** All workers; if there are more than 2,000, those with the oldest jobs. */
  readonly workers: PeerColumns;
  /** The clients with the oldest waiting requests, at most 100. */
  readonly clients: PeerColumns;
  /** Peers that left within the last minute, at most 50 of each role, latest first. */
  readonly departed: readonly DepartedPeer[];
  /** The last 100 requests that reached their limit of redeliveries, latest first. */
  readonly exhausted: readonly ExhaustedRequest[];
}

/**
 * Puts workers into columns.
 *
 * @param workers The workers.
 * @param count How many there are, or fewer: no more than this are taken.
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

/** The names; an empty list if no peer has one. */
function orNone(names: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return names.some((name) => name !== undefined) ? names : [];
}

/**
 * Puts the clients of the given requests into columns, each client once.
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
    // Cached, since looking it up takes longer than all the rest.
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
