/**
 * Finds misspelled names of environment variables, such as `SPQ_FRONTENDS`.
 *
 * @module
 */

import { suggestionFor } from "../suggestion.ts";

/** The prefix of all our variables. */
const VARIABLE_PREFIX = "SPQ_";
/** Variables of the tests. */
const TEST_PREFIX = "SPQ_TEST_";

/** A variable that no program knows. */
export interface UnknownVariable {
  /** Its name. */
  readonly name: string;
  /** The name that was probably meant. */
  readonly didYouMean: string | undefined;
}

/**
 * Finds the variables that no program knows.
 *
 * @param names The names of variables that are set; only those with our prefix count.
 * @param known The names that exist.
 */
export function findUnknownVariables(names: readonly string[], known: readonly string[]): UnknownVariable[] {
  return names
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && !name.startsWith(TEST_PREFIX) && !known.includes(name))
    // Compared without the prefix, which is the same in all names.
    .map((name) => ({ name, suggestion: suggestionFor(withoutPrefix(name), known.map(withoutPrefix)) }))
    .map(({ name, suggestion }) => ({ name, didYouMean: suggestion && `${VARIABLE_PREFIX}${suggestion}` }));
}

function withoutPrefix(name: string): string {
  return name.slice(VARIABLE_PREFIX.length);
}
