/**
 * Where the queue and the load of a case run.
 *
 * @module
 */

import type { Place } from "./cases.ts";
import type { Pinning } from "./measure.ts";

/**
 * Finds the cores of a case.
 *
 * @param place Where it is to run.
 * @param pinning A core for the queue, and one for the load.
 * @returns The cores for both.
 */
export function pinningOf(place: Place, { queueCores, loadCores }: Pinning): Pinning {
  if (place === "together") return { queueCores, loadCores: queueCores };
  if (place === "apart") return { queueCores, loadCores };
  const all = `${queueCores},${loadCores}`;
  return { queueCores: all, loadCores: all };
}

/** What tables call a place. */
export const PLACE_TEXTS: Readonly<Record<Place, string>> = {
  together: "on one core",
  apart: "a core each",
  unpinned: "not pinned",
};
