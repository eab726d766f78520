/**
 * What a service tells the service manager that has started it, as `sd_notify(3)` defines it: one datagram for each change.
 *
 * @module
 */

/** A change of a service's state. */
export interface ServiceState {
  /** Whether it can be used now. */
  readonly ready?: true;
  /** Whether it finishes and ends now. */
  readonly stopping?: true;
  /** Whether it only says that it is alive. */
  readonly watchdog?: true;
  /** How long the start may still take from now, in milliseconds, where that is longer than the manager would wait. */
  readonly extendMs?: number;
  /** A sentence about its state, for people. */
  readonly status?: string;
}

/** The variables of `sd_watchdog_enabled(3)`. */
export interface WatchdogVariables {
  /** `WATCHDOG_USEC`: after how many microseconds without a sign of life the service counts as hung. */
  readonly usec: string | undefined;
  /** `WATCHDOG_PID`: the process that is meant; without it, any. */
  readonly pid: string | undefined;
}

/**
 * Writes a state as the manager reads it.
 *
 * @param state The state.
 * @returns The text of one datagram: a line for each assignment.
 */
export function stateText({ ready, stopping, watchdog, extendMs, status }: ServiceState): string {
  const lines: string[] = [];
  if (ready) lines.push("READY=1");
  if (stopping) lines.push("STOPPING=1");
  if (watchdog) lines.push("WATCHDOG=1");
  if (extendMs !== undefined) lines.push(`EXTEND_TIMEOUT_USEC=${extendMs * 1000}`);
  // A line feed would begin another assignment.
  if (status !== undefined) lines.push(`STATUS=${status.replaceAll(/\s+/g, " ")}`);
  return lines.join("\n");
}

/**
 * Reads how often a process has to say that it is alive.
 *
 * @param variables What the manager has set.
 * @param pid The process's id.
 * @returns The interval in milliseconds, half of the manager's time; `undefined` when the manager expects nothing.
 */
export function watchdogIntervalMs({ usec, pid: expected }: WatchdogVariables, pid: number): number | undefined {
  const limitMs = Number(usec ?? 0) / 1000;
  if (!(limitMs > 0 && limitMs < Infinity)) return undefined;
  return expected === undefined || expected === String(pid) ? limitMs / 2 : undefined;
}

/** Says at an interval that a loop is alive: the loop calls it in its turns. */
export class Watchdog {
  readonly #intervalMs: number;
  readonly #notify: () => void;
  #dueMs = -Infinity;

  /**
   * @param intervalMs The interval, in milliseconds.
   * @param notify Says so.
   */
  constructor(intervalMs: number, notify: () => void) {
    this.#intervalMs = intervalMs;
    this.#notify = notify;
  }

  /**
   * Says that the loop is alive, if it is time.
   *
   * @param now The time, in milliseconds.
   * @returns The milliseconds until it is time again.
   */
  tick(now: number): number {
    if (now >= this.#dueMs) {
      this.#notify();
      this.#dueMs = now + this.#intervalMs;
    }
    return Math.max(0, Math.ceil(this.#dueMs - now));
  }
}
