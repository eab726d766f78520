/**
 * Which cores queue and load use.
 *
 * @module
 */

/** The cores of both, as `taskset -c` takes them. */
export interface Cores {
  readonly queue: string;
  readonly load: string;
}

/** Where queue and load run. */
export const PLACES = {
  together: "on one core",
  apart: "on a core each",
  unpinned: "not pinned",
} as const;

/** Both on the first core, on a core each, or both on both as the scheduler likes. */
export type Place = keyof typeof PLACES;

/** Finds the cores of a place, given a core for each. */
export function coresOf(place: Place, { queue, load }: Cores): Cores {
  const both = `${queue},${load}`;
  return { together: { queue, load: queue }, apart: { queue, load }, unpinned: { queue: both, load: both } }[place];
}
