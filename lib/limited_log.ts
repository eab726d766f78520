/**
 * A log that does not repeat itself: of lines that say the same it passes on the first, and then the last of each
 * interval, with how many that stands for, and with when it happened if that was earlier.
 *
 * @module
 */

import type { EventLog, LogFields } from "./log.ts";
import { LogLimiter } from "./log_limiter.ts";

/** Lines that say the same are passed on once in this time, in milliseconds. */
const INTERVAL_MS = 10_000;

/** A line that is passed on so much later than it happened says when that was, in milliseconds. */
const LATE_MS = 500;

interface Line {
  readonly level: "info" | "warning" | "error";
  readonly event: string;
  readonly fields: LogFields;
  /** When it happened. */
  readonly at: Date;
}

/**
 * Limits repeated lines; those of the level debug are not. Lines say the same when their event and their reason are the
 * same, or without a reason all their fields but the job's number. Disposing of it passes on what it holds back.
 */
export class LimitedLog implements EventLog, Disposable {
  readonly #log: EventLog;
  readonly #limiter: LogLimiter<Line>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param log Where lines go.
   * @param intervalMs The interval, in milliseconds.
   */
  constructor(log: EventLog, intervalMs: number = INTERVAL_MS) {
    this.#log = log;
    this.#limiter = new LogLimiter({ usual: intervalMs }, ({ level, event, fields, at }, count) => {
      const isLate = Date.now() - at.getTime() >= LATE_MS;
      log[level](event, {
        ...fields,
        ...(count > 1 ? { count } : {}),
        // Otherwise a loss of the past would look like one of now.
        ...(isLate ? { at: at.toISOString() } : {}),
      });
    });
  }

  /** Logs something that happens all the time. */
  debug(event: string, fields?: LogFields): void {
    this.#log.debug(event, fields);
  }

  /** Logs something that happened. */
  info(event: string, fields: LogFields = {}): void {
    this.#add({ level: "info", event, fields, at: new Date() });
  }

  /** Logs something that someone should look at. */
  warning(event: string, fields: LogFields = {}): void {
    this.#add({ level: "warning", event, fields, at: new Date() });
  }

  /** Logs something that went wrong. */
  error(event: string, fields: LogFields = {}): void {
    this.#add({ level: "error", event, fields, at: new Date() });
  }

  /** Passes on what is held back. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#limiter.flush();
  }

  #add(line: Line): void {
    this.#limiter.add(kindOf(line), line, performance.now());
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const dueMs = this.#limiter.tick(performance.now());
    if (dueMs >= 0) this.#timer = setTimeout(() => this.#schedule(), dueMs);
  }
}

function kindOf({ level, event, fields }: Line): string {
  const { job: _, reason, ...others } = fields;
  return JSON.stringify([level, event, reason ?? others]);
}
