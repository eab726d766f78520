/**
 * The states that a service reports to the service manager that started it, as `sd_notify(3)` defines them: one
 * datagram per change.
 *
 * @module
 */

/** A change of a service's state. */
export interface ServiceState {
  /** Whether it is ready for use. */
  readonly ready?: true;
  /** Whether it is shutting down. */
  readonly stopping?: true;
  /** Whether this is only a sign of life. */
  readonly watchdog?: true;
  /** How much longer the start may take, in milliseconds, if that exceeds the manager's own limit. */
  readonly extendMs?: number;
  /** A sentence about its state, for people. */
  readonly status?: string;
}

/** The variables of `sd_watchdog_enabled(3)`. */
export interface WatchdogVariables {
  /** `WATCHDOG_USEC`: after this many microseconds without a sign of life, the service counts as hung. */
  readonly usec: string | undefined;
  /** `WATCHDOG_PID`: the process that this applies to; any if it is not set. */
  readonly pid: string | undefined;
}

/**
 * Writes a state in the manager's format.
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
 * Reads how often a process must send a sign of life.
 *
 * @param variables The variables that the manager has set.
 * @param pid The process's id.
 * @returns The interval in milliseconds, half of the manager's time; `undefined` when the manager expects nothing.
 */
export function watchdogIntervalMs({ usec, pid: expected }: WatchdogVariables, pid: number): number | undefined {
  const limitMs = Number(usec ?? 0) / 1000;
  if (!(limitMs > 0 && limitMs < Infinity)) return undefined;
  return expected === undefined || expected === String(pid) ? limitMs / 2 : undefined;
}

/** Sends signs of life of a loop at an interval. The loop calls it in each turn. */
export class Watchdog {
  readonly #intervalMs: number;
  readonly #notify: () => void;
  #dueMs = -Infinity;

  /**
   * @param intervalMs The interval, in milliseconds.
   * @param notify Sends a sign of life.
   */
  constructor(intervalMs: number, notify: () => void) {
    this.#intervalMs = intervalMs;
    this.#notify = notify;
  }

  /**
   * Sends a sign of life if one is due.
   *
   * @param now The time, in milliseconds.
   * @returns The milliseconds until the next one is due.
   */
  tick(now: number): number {
    if (now >= this.#dueMs) {
      this.#notify();
      this.#dueMs = now + this.#intervalMs;
    }
    return Math.max(0, Math.ceil(this.#dueMs - now));
  }
}
