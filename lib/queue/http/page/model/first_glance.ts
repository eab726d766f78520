/**
 * What the page shows first: the state, six numbers, and the account.
 *
 * @module
 */

import type { Account } from "../../../status/account.ts";
import type { QueueState } from "../../../status/sentence.ts";
import type { QueueStatus } from "../../../status/status.ts";
import { queueName } from "./endpoint_names.ts";
import { NOTHING, type NumberFormat } from "./format.ts";

/** The data of an event `numbers`: a status without rows. */
export type Numbers =
  & Omit<QueueStatus, "workers" | "clients" | "departed" | "refusedPeers" | "exhausted" | "settings">
  & { readonly workers: Omit<QueueStatus["workers"], "list">; readonly clients: Omit<QueueStatus["clients"], "list"> };

/** How good or bad a state is; `lost`: the state is not known. */
export type Tone = "good" | "warn" | "bad" | "held" | "lost";

/** The tone of each state. */
export const TONES: Readonly<Record<QueueState, Tone>> = {
  serving: "good",
  overloaded: "warn",
  "backlog full": "bad",
  "no workers": "bad",
  paused: "held",
  draining: "held",
};

/** A sign for each tone, for readers who cannot see colours. */
export const SIGNS: Readonly<Record<Tone, string>> = { good: "✓", warn: "!", bad: "✕", held: "Ⅱ", lost: "?" };

/** One of the six numbers. */
export interface Tile {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  /** A line below it; empty if there is nothing to say. */
  readonly note: string;
  /** What the number means, in a sentence. */
  readonly meaning: string;
}

/**
 * The six numbers.
 *
 * @param numbers The status.
 * @param format Formats numbers.
 */
export function tilesOf(numbers: Numbers, format: NumberFormat): Tile[] {
  const { waiting, inFlight, workers, rates, times, backlog } = numbers;
  return [
    {
      id: "waiting",
      label: "Waiting",
      value: format.count(waiting.requests),
      note: waiting.delayed > 0
        ? `${format.count(waiting.delayed)} delayed after a lost worker`
        : `backlog ${format.count(backlog.requests)} of ${format.count(backlog.maxRequests)}`,
      meaning: "Requests that no worker has yet. The backlog is these and those in flight. At its limit, clients are " +
        "held back.",
    },
    {
      id: "oldest",
      label: "Oldest waits",
      value: format.duration(waiting.oldestMs),
      note: waiting.requests === 0 ? "nothing waits" : `served ${numbers.newestFirst ? "newest" : "oldest"} first`,
      meaning: "How long the oldest waiting request has waited so far.",
    },
    {
      id: "in-flight",
      label: "In flight",
      value: format.count(inFlight.requests),
      note: inFlight.oldestMs === null ? "no job runs" : `oldest ${format.duration(inFlight.oldestMs)}`,
      meaning: "Requests that a worker has and has not answered yet.",
    },
    {
      id: "workers",
      label: "Workers busy",
      value: `${format.count(workers.busy)} of ${format.count(workers.total)}`,
      note: `about ${format.count(workers.wanted)} wanted`,
      meaning:
        "Worker connections that have a job, of all. Wanted is how many would keep up with what arrives, each busy " +
        "four fifths of the time, and do what waits within a minute.",
    },
    {
      id: "answered",
      label: "Answered a second",
      value: format.rate(rates.answeredPerSecond),
      note: `${format.rate(rates.acceptedPerSecond)} accepted a second`,
      meaning: "Replies sent to clients per second, over the last ten seconds.",
    },
    {
      id: "wait",
      label: "Wait p50 / p99",
      value: pairOf(format.duration(times.wait.p50Ms), format.duration(times.wait.p99Ms)),
      note: times.work.p50Ms === null
        ? "no job in the last minute"
        : `work ${pairOf(format.duration(times.work.p50Ms), format.duration(times.work.p99Ms))}`,
      meaning:
        "How long requests of the last minute waited for a worker: half of them at most the first time, 99 in 100 at " +
        "most the second. Work is the time from there to the reply.",
    },
  ];
}

/** Two durations; a common unit is written once. */
function pairOf(first: string, second: string): string {
  if (first === NOTHING) return NOTHING;
  const [count, unit] = first.split(" ");
  return unit === second.split(" ")[1] ? `${count} / ${second}` : `${first} / ${second}`;
}

/**
 * The title of the tab. The queue's name comes first, to tell tabs apart.
 *
 * @param numbers The last status; `undefined`: there is none yet.
 * @param isLost Whether the connection is lost.
 */
export function titleOf(numbers: Numbers | undefined, isLost: boolean): string {
  if (numbers === undefined) return "Queue";
  return `${queueName(numbers)} · ${isLost ? "not reached" : numbers.state}`;
}

/** A part of the account. */
export interface AccountPart {
  readonly id: string;
  readonly label: string;
  readonly count: number;
}

/**
 * The parts of the account, which add up to the accepted requests.
 *
 * @param account The account.
 */
export function accountParts(account: Account): AccountPart[] {
  return [
    { id: "answered", label: "answered", count: account.answered },
    { id: "in-flight", label: "in flight", count: account.inFlight },
    { id: "waiting", label: "waiting", count: account.waiting },
    { id: "remote", label: "at other queues", count: account.remote },
    { id: "client-left", label: "client left", count: account.clientLeft },
    { id: "client-blocked", label: "client does not read", count: account.clientBlocked },
    { id: "exhausted", label: "redelivery limit reached", count: account.exhausted },
    { id: "left-at-drain", label: "left at the drain", count: account.leftAtDrain },
  ];
}
