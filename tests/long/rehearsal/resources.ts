/**
 * What processes take in memory and descriptors, in the course of the day.
 *
 * @module
 */

import { delay } from "../../../lib/delay.ts";
import { anonymousMiB } from "../../faults/memory.ts";

/** What a process takes. */
export interface Footprint {
  /** Its memory without the pages of files, in MiB. */
  readonly memoryMiB: number;
  /** Its open descriptors. */
  readonly descriptors: number;
}

/** The first and the last look at a process. */
export interface Course {
  /** What it is. */
  readonly name: string;
  /** When the first act that it has met was over. */
  readonly first: Footprint;
  /** At its end, or at that of the day. */
  last: Footprint;
}

/** V8 collects garbage when it likes: a process may have this many times its first memory, ... */
const GROWTH = 1.3;
/** ... and this much more. */
const GROWTH_MIB = 24;
/** Connections of health checks, scrapes and clients that are trying again come and go. */
const FURTHER_DESCRIPTORS = 8;
/** What an act has opened may take a moment to be closed. */
const SETTLED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 500;

/** The bounds, in words. */
export const BOUNDS = `at most ${GROWTH} times the memory of the first look and ${GROWTH_MIB} MiB, ` +
  `and ${FURTHER_DESCRIPTORS} descriptors more`;

/** Looks at processes. */
export class Resources {
  readonly #courses = new Map<number, Course>();

  /** All processes that were looked at. */
  get courses(): readonly Course[] {
    return [...this.#courses.values()];
  }

  /** Whether each process stayed within the bounds. */
  static isWithin({ first, last }: Course): boolean {
    return last.memoryMiB <= first.memoryMiB * GROWTH + GROWTH_MIB &&
      last.descriptors <= first.descriptors + FURTHER_DESCRIPTORS;
  }

  /**
   * Looks at a process; when it is over the bounds, again until it is within them, or time is over.
   *
   * @param name What it is.
   * @param pid The process.
   */
  async look(name: string, pid: number): Promise<void> {
    const course = this.#courses.get(pid);
    if (course === undefined) {
      const first = footprint(pid);
      this.#courses.set(pid, { name, first, last: first });
      return;
    }
    const deadline = performance.now() + SETTLED_WITHIN_MS;
    do course.last = footprint(pid); while (
      !Resources.isWithin(course) && performance.now() < deadline && await delay(LOOK_EVERY_MS) === undefined
    );
  }
}

function footprint(pid: number): Footprint {
  return { memoryMiB: anonymousMiB(pid), descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
}
