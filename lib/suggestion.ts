/**
 * Suggests what somebody may have meant by a name that does not exist.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Finds the name that was probably meant.
 *
 * @param name A name that does not exist.
 * @param names The names that exist, at least one.
 * @returns The closest name of which at most half differs; `undefined` if there is none.
 */
export function suggestionFor(name: string, names: readonly string[]): string | undefined {
  const likely = names.filter((known) => levenshteinDistance(name, known) <= Math.max(1, Math.floor(known.length / 2)));
  return likely.length === 0 ? undefined : closestString(name, likely);
}
