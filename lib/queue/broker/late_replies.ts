/**
 * Notices when jobs take longer than clients wait, by counting each minute's replies and those that came after their client
 * had left.
 *
 * @module
 */

import { Median } from "./median.ts";

const INTERVAL_MS = 60_000;
/** How many of the latest jobs the median is taken over. */
const JOBS = 1024;

/** A minute in which more than half of the replies came too late. */
export interface LateMinute {
  /** All replies of the minute. */
  readonly replies: number;
  /** How many of them came after their client had left. */
  readonly undeliverable: number;
  /** The median time of the latest jobs. */
  readonly medianJobMs: number;
}

/** Counts late replies. Times are milliseconds. */
export class LateReplies {
  readonly #jobMs = new Median(JOBS);
  readonly #report: (minute: LateMinute) => void;
  #sinceMs = 0;
  #replies = 0;
  #undeliverable = 0;

  /** @param report Receives each minute in which more than half of the replies came too late. */
  constructor(report: (minute: LateMinute) => void) {
    this.#report = report;
  }

  /**
   * A worker replied.
   *
   * @param jobMs How long the job took.
   * @param isUndeliverable Whether the client had left.
   * @param now The time.
   */
  add(jobMs: number, isUndeliverable: boolean, now: number): void {
    this.#jobMs.add(jobMs);
    this.tick(now);
    this.#replies++;
    if (isUndeliverable) this.#undeliverable++;
  }

  /** Reports the minute if it is over and bad, and begins the next. */
  tick(now: number): void {
    if (now - this.#sinceMs < INTERVAL_MS) return;
    if (this.#isBad) {
      this.#report({ replies: this.#replies, undeliverable: this.#undeliverable, medianJobMs: this.#jobMs.value });
    }
    this.#sinceMs = now;
    this.#replies = 0;
    this.#undeliverable = 0;
  }

  /** When there will be something to report; `Infinity` while there is nothing. */
  get dueAtMs(): number {
    return this.#isBad ? this.#sinceMs + INTERVAL_MS : Infinity;
  }

  get #isBad(): boolean {
    return this.#undeliverable * 2 > this.#replies;
  }
}
