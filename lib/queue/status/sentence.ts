/**
 * The state of a queue, in one word and in one sentence that gives the reason.
 *
 * @module
 */

import { formatAge, plural } from "../../words.ts";

/** The states of a queue. The first one that applies is the queue's state. */
export const QUEUE_STATES = ["draining", "paused", "no workers", "backlog full", "overloaded", "serving"] as const;

/** One of {@linkcode QUEUE_STATES}. */
export type QueueState = typeof QUEUE_STATES[number];

/** Who sent the queue a command. */
export interface Commander {
  /** `USER@HOST`, as claimed by the sender; the signal; or a part of this program. */
  readonly by: string;
  /** The address that the command came from; `null` if it did not come over HTTP. */
  readonly address: string | null;
}

/** Who paused the queue, and why. */
export interface Pause extends Commander {
  /** Why. */
  readonly reason: string;
  /** Since when, as ISO 8601. */
  readonly since: string;
  /** When it ends by itself, as ISO 8601; `null`: only when resumed. */
  readonly until: string | null;
}

/** Who asked for a drain. */
export interface Drain extends Commander {
  /** When, as ISO 8601. */
  readonly since: string;
}

/** The facts that determine the state. */
export interface StateFacts {
  /** Who asked for a drain; `null`: it is not draining. */
  readonly drain: Drain | null;
  /** Who paused it; `null`: it is not paused. */
  readonly paused: Pause | null;
  /** For how long no worker has been idle or busy; `null`: one is. */
  readonly noWorkersMs: number | null;
  /** Whether the newest connection is served first. */
  readonly newestFirst: boolean;
  /** Waiting requests, including delayed ones. */
  readonly waiting: number;
  /** The age of the oldest one; `null` if none waits, or all are delayed. */
  readonly oldestWaitingMs: number | null;
  /** Requests that workers have. */
  readonly inFlight: number;
  /** Connections at the backend. */
  readonly workers: number;
  /** How many of them have a job. */
  readonly busyWorkers: number;
  /** The bytes that pending requests count for. */
  readonly bytes: number;
  /** The limits of the backlog. */
  readonly limits: { readonly requests: number; readonly bytes: number };
}

/**
 * The state of a queue.
 *
 * @param facts What is known.
 */
export function stateOf(facts: StateFacts): QueueState {
  if (facts.drain !== null) return "draining";
  if (facts.paused !== null) return "paused";
  if (facts.noWorkersMs !== null) return "no workers";
  if (isFull(facts)) return "backlog full";
  return facts.newestFirst ? "overloaded" : "serving";
}

/**
 * The state with its reason.
 *
 * @param facts What is known.
 * @returns Such as `serving: 12 of 16 workers busy, 3 waiting, the oldest for 40 ms`.
 */
export function sentenceOf(facts: StateFacts): string {
  const { waiting, inFlight, workers, busyWorkers, bytes, limits, paused, drain } = facts;
  switch (stateOf(facts)) {
    case "draining": {
      const { by, since } = drain!;
      return `draining: ${waiting + inFlight} left, ${inFlight} of them with workers; asked for by ${by} at ${since}`;
    }
    case "paused": {
      const until = paused!.until === null ? "" : ` until ${paused!.until}`;
      return `paused by ${paused!.by} since ${paused!.since}${until}: ${paused!.reason}; ${waitingPhrase(facts)}`;
    }
    case "no workers": {
      const connected = workers === 0 ? "" : `, ${workers} connected and silent`;
      return `no workers for ${formatAge(facts.noWorkersMs!)}${connected}: ${waitingPhrase(facts)}`;
    }
    case "backlog full":
      return waiting + inFlight >= limits.requests
        ? `backlog full: ${waiting + inFlight} of ${limits.requests} requests, clients are held back`
        : `backlog full: ${bytes} of ${limits.bytes} bytes, clients are held back`;
    case "overloaded":
      return `overloaded: newest first, since clients give up before their turn; ${waitingPhrase(facts)}`;
    case "serving":
      return `serving: ${busyWorkers} of ${plural(workers, "worker")} busy, ${waitingPhrase(facts)}`;
  }
}

function isFull({ waiting, inFlight, bytes, limits }: StateFacts): boolean {
  return waiting + inFlight >= limits.requests || bytes >= limits.bytes;
}

function waitingPhrase({ waiting, oldestWaitingMs }: StateFacts): string {
  if (waiting === 0) return "nothing waits";
  return `${waiting} waiting${oldestWaitingMs === null ? "" : `, the oldest for ${formatAge(oldestWaitingMs)}`}`;
}
