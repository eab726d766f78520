/**
 * What happened lately, in fixed memory and without a timer: what has been counted since the start is noted every five seconds
 * in which something happens, and what happened since is the difference.
 *
 * @module
 */

import { TimeHistogram, type Times, timesBetween } from "./times.ts";

/** How long notes are kept. */
const MEMORY_MS = 60_000;
/** At most one note is made in this time. */
const INTERVAL_MS = 5000;
/** How many of the latest jobs the mean is of. */
const JOBS = 1024;

/** What is counted, besides times. */
export interface RecentCounts {
  /** Requests that were accepted. */
  readonly accepted: number;
  /** Requests that were answered. */
  readonly answered: number;
  /** Requests that ended since their client left before a worker had done them. */
  readonly givenUp: number;
}

/** What happened in a time that ends now. */
export interface RecentPeriod extends RecentCounts {
  /** How long it was. */
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
  /** When something happened last. */
  #lastMs = 0;
  #nextNoteMs = -Infinity;

  /** @param counts Reads what has been counted since the start. */
  constructor(counts: () => RecentCounts) {
    this.#counts = counts;
  }

  /** Something is about to be counted. */
  roll(now: number): void {
    if (now >= this.#nextNoteMs) this.#note(now);
    this.#lastMs = now;
  }

  /** A worker replied after so long. */
  addJob(ms: number): void {
    this.work.add(ms);
    this.#jobsMs[this.#jobs++ % JOBS] = ms;
  }

  /** How many of the latest jobs are known, at most 1,024, and how long they took together. */
  get latestJobs(): { readonly count: number; readonly sumMs: number } {
    const count = Math.min(this.#jobs, JOBS);
    let sumMs = 0;
    for (let index = 0; index < count; index++) sumMs += this.#jobsMs[index]!;
    return { count, sumMs };
  }

  /** How long the latest jobs took, at most 1,024, the shortest first. */
  get latestJobsSorted(): Float64Array {
    return this.#jobsMs.slice(0, Math.min(this.#jobs, JOBS)).sort();
  }

  /**
   * What happened lately.
   *
   * @param lengthMs How long the time is, at most a minute. It is up to five seconds longer, or shorter if the queue is younger.
   * @param now The time.
   */
  period(lengthMs: number, now: number): RecentPeriod {
    this.roll(now);
    const since = this.#notes.findLast(({ atMs }) => atMs <= now - lengthMs) ?? this.#notes[0]!;
    const counts = this.#counts();
    return {
      // Nothing happened between a note and the next one that is later by more than the interval.
      lengthMs: Math.min(now - Math.max(since.atMs, this.#startedAtMs), lengthMs + INTERVAL_MS),
      accepted: counts.accepted - since.accepted,
      answered: counts.answered - since.answered,
      givenUp: counts.givenUp - since.givenUp,
      wait: timesBetween(this.wait, since.wait),
      work: timesBetween(this.work, since.work),
    };
  }

  /** What has been counted so far was counted by the time at which something happened last. */
  #note(now: number): void {
    if (this.#startedAtMs < 0) this.#startedAtMs = now;
    const atMs = this.#notes.length === 0 ? now : this.#lastMs;
    this.#notes.push({ atMs, ...this.#counts(), wait: this.wait.copy(), work: this.work.copy() });
    this.#nextNoteMs = now + INTERVAL_MS;
    // One that is older than all that are asked for is needed.
    while (this.#notes.length > 1 && this.#notes[1]!.atMs <= now - MEMORY_MS) this.#notes.shift();
  }
}
