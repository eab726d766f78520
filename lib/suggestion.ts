/**
 * What somebody may have meant who wrote a name that does not exist.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Finds the name that was probably meant.
 *
 * @param name A name that does not exist.
 * @param names Those that do, at least one.
 * @returns The closest of them; `undefined` when more than half of it is different.
 */
export function suggestionFor(name: string, names: readonly string[]): string | undefined {
  const closest = closestString(name, names);
  const mostDifferences = Math.max(1, Math.floor(closest.length / 2));
  return levenshteinDistance(name, closest) <= mostDifferences ? closest : undefined;
}
