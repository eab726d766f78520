/**
 * What happened lately, in fixed memory and without a timer. Whenever something happens, and at most every five seconds, the
 * counts since the start are noted; what happened since a note is the difference to it.
 *
 * @module
 */

import { TimeHistogram, type Times, timesBetween } from "./times.ts";

/** How long notes are kept. */
const MEMORY_MS = 60_000;
/** The shortest time between two notes. */
const INTERVAL_MS = 5000;
/** How many of the latest jobs are kept, for their mean. */
const JOBS = 1024;

/** The counters of which notes are taken. */
export interface RecentCounts {
  /** Requests that were accepted. */
  readonly accepted: number;
  /** Requests that were answered. */
  readonly answered: number;
  /** Requests that ended because their client left before a worker had done them. */
  readonly givenUp: number;
}

/** What happened in a period that ends now. */
export interface RecentPeriod extends RecentCounts {
  /** The length of the period. */
  readonly lengthMs: number;
  /** How long requests waited until they were first sent to a worker. */
  readonly wait: Times;
  /** How long workers took, from being sent a request to their reply. */
  readonly work: Times;
}

interface Note extends RecentCounts {
  readonly atMs: number;
  readonly wait: Times;
  readonly work: Times;
}

/** Knows what happened lately. Times are milliseconds. */
export class Recent {
  /** How long requests waited until they were first sent to a worker, since the start. */
  readonly wait: TimeHistogram = new TimeHistogram();
  /** How long workers took, from being sent a request to their reply, since the start. */
  readonly work: TimeHistogram = new TimeHistogram();
  readonly #counts: () => RecentCounts;
  readonly #notes: Note[] = [];
  readonly #jobsMs = new Float64Array(JOBS);
  #jobs = 0;
  #startedAtMs = -1;
  /** When something last happened. */
  #lastMs = 0;
  #nextNoteMs = -Infinity;

  /** @param counts Reads what has been counted since the start. */
  constructor(counts: () => RecentCounts) {
    this.#counts = counts;
  }

  /** Must be called before something is counted. */
  roll(now: number): void {
    if (now >= this.#nextNoteMs) this.#note(now);
    this.#lastMs = now;
  }

  /** Counts a job that took this long. */
  addJob(ms: number): void {
    this.work.add(ms);
    this.#jobsMs[this.#jobs++ % JOBS] = ms;
  }

  /** How many of the latest jobs are kept, at most 1,024, and how long they took in total. */
  get latestJobs(): { readonly count: number; readonly sumMs: number } {
    const count = Math.min(this.#jobs, JOBS);
    let sumMs = 0;
    for (let index = 0; index < count; index++) sumMs += this.#jobsMs[index]!;
    return { count, sumMs };
  }

  /** How long each of the latest jobs took, at most 1,024 of them, shortest first. */
  get latestJobsSorted(): Float64Array {
    return this.#jobsMs.slice(0, Math.min(this.#jobs, JOBS)).sort();
  }

  /**
   * What happened lately.
   *
   * @param lengthMs The length of the period, at most a minute. The actual one is up to five seconds longer, or shorter if
   * the queue is younger.
   * @param now The time.
   */
  period(lengthMs: number, now: number): RecentPeriod {
    this.roll(now);
    const since = this.#notes.findLast(({ atMs }) => atMs <= now - lengthMs) ?? this.#notes[0]!;
    const counts = this.#counts();
    return {
      // If the next note came later than the interval, nothing happened in between.
      lengthMs: Math.min(now - Math.max(since.atMs, this.#startedAtMs), lengthMs + INTERVAL_MS),
      accepted: counts.accepted - since.accepted,
      answered: counts.answered - since.answered,
      givenUp: counts.givenUp - since.givenUp,
      wait: timesBetween(this.wait, since.wait),
      work: timesBetween(this.work, since.work),
    };
  }

  /** Notes the counts. They are those of the time at which something last happened. */
  #note(now: number): void {
    if (this.#startedAtMs < 0) this.#startedAtMs = now;
    const atMs = this.#notes.length === 0 ? now : this.#lastMs;
    this.#notes.push({ atMs, ...this.#counts(), wait: this.wait.copy(), work: this.work.copy() });
    this.#nextNoteMs = now + INTERVAL_MS;
    // Keeps one note that is older than the longest period.
    while (this.#notes.length > 1 && this.#notes[1]!.atMs <= now - MEMORY_MS) this.#notes.shift();
  }
}
