/**
 * The last fifteen minutes of every charted number, one point per second, in fixed memory.
 *
 * @module
 */

import type { QueueStatus } from "./status.ts";

/** How many points are kept: fifteen minutes. */
export const HISTORY_POINTS = 900;
const INTERVAL_MS = 1000;

/** The numbers of a point, by name. Rates are over the time since the previous point. */
export const HISTORY_NUMBERS = [
  "waiting",
  "inFlight",
  "backlogBytes",
  "oldestWaitingMs",
  "workers",
  "workersIdle",
  "workersBusy",
  "workersWanted",
  "clients",
  "acceptedPerSecond",
  "answeredPerSecond",
  "endedUnansweredPerSecond",
  "redeliveriesPerSecond",
  "refusedPerSecond",
  "waitP50Ms",
  "waitP99Ms",
  "workP50Ms",
  "workP99Ms",
] as const;

/** One of {@linkcode HISTORY_NUMBERS}. */
export type HistoryNumber = typeof HISTORY_NUMBERS[number];

/** The last minutes, oldest point first. */
export interface HistoryRecord {
  /** The time of the last point, as ISO 8601; `null` if there is none. */
  readonly at: string | null;
  /** The time between two points, in milliseconds. */
  readonly intervalMs: number;
  /** The points of each number; `null` where it was not known, as in seconds without a status. */
  readonly numbers: Readonly<Record<HistoryNumber, readonly (number | null)[]>>;
}

/** What a point is made from. */
export type HistorySource =
  & Pick<QueueStatus, "waiting" | "inFlight" | "backlog" | "account" | "counters" | "times">
  & {
    readonly workers: Pick<QueueStatus["workers"], "total" | "idle" | "busy" | "wanted">;
    readonly clients: Pick<QueueStatus["clients"], "total">;
  };

/** Keeps the points. */
export class History {
  readonly #points = new Float64Array(HISTORY_POINTS * HISTORY_NUMBERS.length);
  #count = 0;
  #last: QueueStatus | undefined;
  #lastMs = 0;
  /** The nominal time of the last point, a whole number of seconds after the first; off by less than a second. */
  #pointMs = 0;

  /**
   * Adds a point, which replaces the oldest one, unless that second already has a point.
   *
   * @param status The status.
   * @param atMs The time of the status, in milliseconds of a monotonic clock.
   */
  add(status: QueueStatus, atMs: number): void {
    const elapsedMs = atMs - this.#lastMs;
    const seconds = this.#last === undefined ? 1 : this.#secondsTo(atMs);
    if (seconds < 1) return;
    this.#pointMs = this.#last === undefined ? atMs : this.#pointMs + seconds * INTERVAL_MS;
    for (let missed = Math.min(seconds - 1, HISTORY_POINTS); missed > 0; missed--) this.#push({});
    this.#push(pointOf(status, this.#last, elapsedMs));
    this.#last = status;
    this.#lastMs = atMs;
  }

  /**
   * How many points there are from the last one up to a moment. Each interval is rounded separately, so that a slightly late
   * status leaves no gap. The remainders add up, and count once they reach a second.
   */
  #secondsTo(atMs: number): number {
    const seconds = Math.round((atMs - this.#lastMs) / INTERVAL_MS);
    return seconds + Math.trunc((atMs - this.#pointMs) / INTERVAL_MS - seconds);
  }

  #push(numbers: Partial<Record<HistoryNumber, number | null>>): void {
    const offset = this.#count++ % HISTORY_POINTS * HISTORY_NUMBERS.length;
    for (const [index, name] of HISTORY_NUMBERS.entries()) this.#points[offset + index] = numbers[name] ?? NaN;
  }

  /** All points. */
  get record(): HistoryRecord {
    const count = Math.min(this.#count, HISTORY_POINTS);
    const first = this.#count - count;
    const pointsOf = (number: number) =>
      Array.from({ length: count }, (_, index) => {
        const value = this.#points[(first + index) % HISTORY_POINTS * HISTORY_NUMBERS.length + number]!;
        return Number.isNaN(value) ? null : value;
      });
    const numbers = Object.fromEntries(HISTORY_NUMBERS.map((name, index) => [name, pointsOf(index)]));
    return {
      at: this.#last?.at ?? null,
      intervalMs: INTERVAL_MS,
      numbers: numbers as unknown as HistoryRecord["numbers"],
    };
  }
}

/**
 * Makes a point.
 *
 * @param status The status.
 * @param before The previous status; `undefined`: there is none, so rates are unknown.
 * @param elapsedMs The time between the two.
 */
export function pointOf(
  status: HistorySource,
  before: HistorySource | undefined,
  elapsedMs: number,
): Record<HistoryNumber, number | null> {
  const rate = (count: (status: HistorySource) => number) =>
    before === undefined ? null : (count(status) - count(before)) * 1000 / Math.max(elapsedMs, 1);
  const { wait, work } = status.times;
  return {
    waiting: status.waiting.requests,
    inFlight: status.inFlight.requests,
    backlogBytes: status.backlog.bytes,
    oldestWaitingMs: status.waiting.oldestMs,
    workers: status.workers.total,
    workersIdle: status.workers.idle,
    workersBusy: status.workers.busy,
    workersWanted: status.workers.wanted,
    clients: status.clients.total,
    acceptedPerSecond: rate(({ account }) => account.accepted),
    answeredPerSecond: rate(({ account }) => account.answered),
    endedUnansweredPerSecond: rate(({ account }) => account.clientLeft + account.clientBlocked + account.exhausted),
    redeliveriesPerSecond: rate(({ counters }) => counters.redeliveries),
    refusedPerSecond: rate(({ counters }) => counters.refusedFull + counters.refusedDraining),
    waitP50Ms: wait.p50Ms,
    waitP99Ms: wait.p99Ms,
    workP50Ms: work.p50Ms,
    workP99Ms: work.p99Ms,
  };
}
