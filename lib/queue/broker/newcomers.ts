/**
 * Which requests a draining queue still serves, of those that come: none that would make it drain for much longer, or in vain.
 *
 * A drain takes as long as the longest job that runs when it begins. Where jobs take about the same time, a request that comes
 * later would end later than all of these. It is different where one job takes much longer than others: the workers are
 * idle meanwhile, and what comes is probably done before that job is.
 *
 * @module
 */

/** How many times the usual time a job takes that is still waited for when others are served. */
const LONG_JOB = 2;

/** What is known when a drain begins. */
export interface DrainFacts {
  /** How long the latest jobs took, in milliseconds, the shortest first. */
  readonly jobsMs: ArrayLike<number>;
  /** By when all newcomers should be done. */
  readonly endByMs: number;
}

/** Decides about requests that come while a queue drains. Times are milliseconds. */
export class Newcomers {
  readonly #usualMs: number;
  readonly #longestMs: number;
  readonly #endByMs: number;

  /** @param facts What is known when the drain begins. */
  constructor({ jobsMs, endByMs }: DrainFacts) {
    const { length } = jobsMs;
    this.#usualMs = jobsMs[Math.floor(length / 2)] ?? Infinity;
    this.#longestMs = jobsMs[length - 1] ?? Infinity;
    this.#endByMs = endByMs;
  }

  /**
   * From when on newcomers are served.
   *
   * @param sentSinceMs When the request that was sent first, of those that came before the drain, was sent; `null`: there is none.
   * @returns The time; `Infinity`: never, unless something changes.
   */
  fromMs(sentSinceMs: number | null): number {
    if (sentSinceMs === null) return Infinity;
    const fromMs = sentSinceMs + LONG_JOB * this.#usualMs;
    return fromMs <= this.#untilMs(sentSinceMs, fromMs) ? fromMs : Infinity;
  }

  /**
   * Whether a newcomer is served now.
   *
   * @param sentSinceMs As for {@linkcode Newcomers.fromMs}.
   * @param now The time.
   */
  areServed(sentSinceMs: number | null, now: number): boolean {
    if (sentSinceMs === null) return false;
    return now >= sentSinceMs + LONG_JOB * this.#usualMs && now <= this.#untilMs(sentSinceMs, now);
  }

  /** Until when a job would end in time that takes as long as the longest one that is known, finished or not. */
  #untilMs(sentSinceMs: number, now: number): number {
    return this.#endByMs - Math.max(this.#longestMs, now - sentSinceMs);
  }
}
