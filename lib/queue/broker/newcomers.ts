/**
 * Decides which new requests a draining queue still serves: none that would make the drain much longer, or could not be
 * finished in time.
 *
 * A drain takes as long as the longest job that runs when it begins. If all jobs take about the same time, a request that
 * comes later would also end later. But if one job takes much longer than the others, the other workers are idle meanwhile,
 * and a new request is probably done before that job is.
 *
 * @module
 */

/** Newcomers are served once the oldest running job has taken this many times the median. */
const LONG_JOB = 2;

/** What is known when a drain begins. */
export interface DrainFacts {
  /** How long each of the latest jobs took, in milliseconds, shortest first. */
  readonly jobsMs: ArrayLike<number>;
  /** By when all newcomers should be done. */
  readonly endByMs: number;
}

/** Decides about requests that arrive while a queue drains. Times are milliseconds. */
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
   * When newcomers begin to be served.
   *
   * @param sentSinceMs When the first-sent request from before the drain was sent; `null` if there is none left.
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

  /** The latest start at which a job as long as the longest one known, finished or not, would still end in time. */
  #untilMs(sentSinceMs: number, now: number): number {
    return this.#endByMs - Math.max(this.#longestMs, now - sentSinceMs);
  }
}
