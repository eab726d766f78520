/**
 * Log lines while the queue ends: what it still waits for, and its final figures.
 *
 * @module
 */

import type { EventLog, LogFields } from "../log.ts";
import type { Queue } from "./queue.ts";
import type { QueueStatistics } from "./relay/messages.ts";

/** How often a drain logs its progress, in milliseconds. */
const INTERVAL_MS = 3000;
const HINT = "a second signal ends the queue at once";

/** How a drain began. */
export interface DrainLogOptions {
  /** The signal that began it. */
  readonly signal: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * How often it logs its progress, in milliseconds.
   *
   * @default every three seconds
   */
  readonly intervalMs?: number;
}

/** Logs the start of a drain, and then its progress until it is disposed of. */
export class DrainLog implements Disposable {
  readonly #queue: Pick<Queue, "statistics">;
  readonly #log: EventLog;
  readonly #endMs: number;
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * Logs the start of the drain.
   *
   * @param queue The queue.
   * @param log Receives the lines.
   * @param options How it began.
   */
  constructor(queue: Pick<Queue, "statistics">, log: EventLog, options: DrainLogOptions) {
    const { signal, timeoutMs, intervalMs = INTERVAL_MS } = options;
    this.#queue = queue;
    this.#log = log;
    this.#endMs = performance.now() + timeoutMs;
    log.info("draining", { signal, timeoutMs, hint: HINT });
    this.#timer = setInterval(() => void this.#logProgress(), intervalMs);
  }

  /** Logs no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #logProgress(): Promise<void> {
    const pending = await this.#queue.statistics().then(pendingFields, () => ({ waitsFor: "replies to be sent" }));
    const leftMs = Math.max(0, Math.round(this.#endMs - performance.now()));
    this.#log.info("draining", { ...pending, leftMs, hint: HINT });
  }
}

function pendingFields({ waiting, delayed, inFlight, onTrial, remote, onLoan }: QueueStatistics): LogFields {
  return {
    waiting: waiting + delayed,
    inFlight: inFlight + onTrial,
    // Only linked queues have these.
    ...(remote > 0 ? { remote } : {}),
    ...(onLoan > 0 ? { onLoan } : {}),
  };
}

/**
 * The final figures of a queue, for its log.
 *
 * @param statistics The figures.
 * @param isForPeople Whether people read them. If so, figures that are 0 are left out.
 */
export function lastFigures(statistics: QueueStatistics, isForPeople: boolean): LogFields {
  const { newestFirst: _, ...figures } = statistics;
  if (!isForPeople) return figures;
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => figure !== 0));
}
