/**
 * Finds misspelled names of environment variables, such as `SPQ_FRONTENDS`.
 *
 * @module
 */

import { suggestionFor } from "../suggestion.ts";

/** The prefix of all our variables. */
const VARIABLE_PREFIX = "SPQ_";
/** What follows the prefix in variables of an option that several programs have. */
const ROLES = ["QUEUE_", "CLIENT_", "WORKER_"];
/** Variables of the tests. */
const TEST_PREFIX = "SPQ_TEST_";

/** A variable that no program knows. */
export interface UnknownVariable {
  /** Its name. */
  readonly name: string;
  /** The name that was probably meant, or such names with "or" between them. */
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
    .map((name) => ({ name, didYouMean: suggestionOf(name, known) }));
}

function suggestionOf(name: string, known: readonly string[]): string | undefined {
  const rest = name.slice(VARIABLE_PREFIX.length);
  const ofRoles = ROLES.map((role) => VARIABLE_PREFIX + role + rest).filter((longer) => known.includes(longer));
  if (ofRoles.length > 0) return ofRoles.join(" or ");
  // Compared without the prefix, which is the same in all names.
  const suggestion = suggestionFor(rest, known.map((other) => other.slice(VARIABLE_PREFIX.length)));
  return suggestion && `${VARIABLE_PREFIX}${suggestion}`;
}
