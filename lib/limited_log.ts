/**
 * A log that does not repeat itself. Of lines that say the same, it passes on the first, and then the last one of each
 * interval, with the number of lines that it stands for and, if it is passed on late, the time of its event.
 *
 * @module
 */

import type { EventLog, LogFields } from "./log.ts";
import { LogLimiter } from "./log_limiter.ts";

/** Lines that say the same are passed on once in this interval, in milliseconds. */
const INTERVAL_MS = 10_000;

/** A line that is passed on this much later than its event carries the event's time, in milliseconds. */
const LATE_MS = 500;

interface Line {
  readonly level: "info" | "warning" | "error";
  readonly event: string;
  readonly fields: LogFields;
  /** When the event happened. */
  readonly at: Date;
}

/**
 * Limits repeated lines, except at the level debug. Two lines say the same when they have the same event and the same
 * reason or, without a reason, the same fields apart from the job's number. Disposing of the log passes on the lines
 * that it holds back.
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
        // Without its time, a past event would look like a current one.
        ...(isLate ? { at: at.toISOString() } : {}),
      });
    });
  }

  /** Logs a routine event. */
  debug(event: string, fields?: LogFields): void {
    this.#log.debug(event, fields);
  }

  /** Logs a notable event. */
  info(event: string, fields: LogFields = {}): void {
    this.#add({ level: "info", event, fields, at: new Date() });
  }

  /** Logs an event that someone should look at. */
  warning(event: string, fields: LogFields = {}): void {
    this.#add({ level: "warning", event, fields, at: new Date() });
  }

  /** Logs a failure. */
  error(event: string, fields: LogFields = {}): void {
    this.#add({ level: "error", event, fields, at: new Date() });
  }

  /** Passes on the lines that are held back. */
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
