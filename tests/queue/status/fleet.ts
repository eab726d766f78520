/**
 * A simulated fleet of workers behind a queue, scaled by {@linkcode workersWanted} as an autoscaler does it: it looks every
 * 15 s, a new worker is there after 30 s, and only idle workers are stopped.
 *
 * @module
 */

import { workersWanted } from "../../../lib/queue/status/workers_wanted.ts";
import { Recent } from "../../../lib/queue/broker/recent.ts";

const STEP_MS = 50;
const LOOK_MS = 15_000;
const START_MS = 30_000;

/** What was at one look of the autoscaler. */
export interface FleetRecord {
  readonly atMs: number;
  /** Workers that are there. */
  readonly size: number;
  /** The age of the oldest waiting request. */
  readonly oldestMs: number;
}

/** See the module. */
export class Fleet {
  /** What was at each look. */
  readonly records: FleetRecord[] = [];
  readonly #random: () => number;
  readonly #jobMs: number;
  readonly #recent: Recent;
  #now = 0;
  #accepted = 0;
  #answered = 0;
  #idle = 0;
  /** When waiting requests arrived. */
  readonly #waiting: number[] = [];
  /** When running jobs began, and when they end. */
  #running: { readonly sinceMs: number; readonly untilMs: number }[] = [];
  /** When workers that were started are there. */
  #starting: number[] = [];

  /** @param options The seed of its random numbers, and how long a job takes on average. */
  constructor({ seed, jobMs }: { readonly seed: number; readonly jobMs: number }) {
    this.#random = seededRandom(seed);
    this.#jobMs = jobMs;
    this.#recent = new Recent(() => ({ accepted: this.#accepted, answered: this.#answered, givenUp: 0 }));
  }

  /** Workers that are there. */
  get size(): number {
    return this.#idle + this.#running.length;
  }

  /**
   * Lets time pass.
   *
   * @param ms How long.
   * @param arrivalsPerSecond How many requests arrive, on average.
   */
  run(ms: number, arrivalsPerSecond: number): void {
    const end = this.#now + ms;
    while (this.#now < end) {
      this.#now += STEP_MS;
      this.#end();
      this.#arrive(arrivalsPerSecond * STEP_MS / 1000);
      this.#start();
      if (this.#now % LOOK_MS === 0) this.#scale();
    }
  }

  #end(): void {
    for (const { sinceMs } of this.#running.filter(({ untilMs }) => untilMs <= this.#now)) {
      this.#recent.roll(this.#now);
      this.#recent.addJob(this.#now - sinceMs);
      this.#answered++;
      this.#idle++;
    }
    this.#running = this.#running.filter(({ untilMs }) => untilMs > this.#now);
    const started = this.#starting.filter((atMs) => atMs <= this.#now).length;
    this.#starting = this.#starting.filter((atMs) => atMs > this.#now);
    this.#idle += started;
  }

  /** Arrivals at random: so many on average. */
  #arrive(mean: number): void {
    for (let left = mean - this.#exponential(); left > 0; left -= this.#exponential()) {
      this.#recent.roll(this.#now);
      this.#accepted++;
      this.#waiting.push(this.#now);
    }
  }

  #start(): void {
    while (this.#idle > 0 && this.#waiting.length > 0) {
      this.#waiting.shift();
      this.#idle--;
      // Between half and one and a half of the mean.
      this.#running.push({ sinceMs: this.#now, untilMs: this.#now + this.#jobMs * (0.5 + this.#random()) });
    }
  }

  #scale(): void {
    const minute = this.#recent.period(60_000, this.#now);
    const wanted = workersWanted({
      inFlight: this.#running.length,
      waiting: this.#waiting.length,
      arrivalsPerSecond: minute.accepted * 1000 / Math.max(1000, minute.lengthMs),
      latestJobs: this.#recent.latestJobs,
      runningMs: this.#running.reduce((sum, { sinceMs }) => sum + this.#now - sinceMs, 0),
    });
    const more = wanted - this.size - this.#starting.length;
    for (let n = 0; n < more; n++) this.#starting.push(this.#now + START_MS);
    this.#idle -= Math.max(0, Math.min(this.#idle, -more));
    const oldestMs = this.#waiting.length === 0 ? 0 : this.#now - this.#waiting[0]!;
    this.records.push({ atMs: this.#now, size: this.size, oldestMs });
  }

  #exponential(): number {
    return -Math.log(1 - this.#random());
  }
}

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
