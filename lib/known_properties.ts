/**
 * Finds slips in the options of the API: misspelt properties, which a compiler finds only in TypeScript, and not always.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Checks that an object has no other properties than those that exist.
 *
 * @param call What the object was given to, such as `work()`.
 * @param options The object.
 * @param names The properties that exist, at least one.
 * @throws {TypeError} When there is another one, with the name that it resembles if there is one.
 */
export function checkProperties(call: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const closest = closestName(unknown, names);
  throw new TypeError(
    `Unknown option "${unknown}" of ${call}${closest === undefined ? "" : `, did you mean "${closest}"?`}`,
  );
}

/**
 * Finds the name that was probably meant.
 *
 * @param name The name given.
 * @param names The names that exist, at least one.
 * @returns The closest name, unless more than half of it is different.
 */
export function closestName(name: string, names: readonly string[]): string | undefined {
  const closest = closestString(name, [...names]);
  const isLike = levenshteinDistance(name, closest) <= Math.max(1, Math.floor(closest.length / 2));
  return isLike ? closest : undefined;
}
