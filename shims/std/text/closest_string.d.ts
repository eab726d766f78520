/**
 * Finds the string that is most like a given one.
 *
 * @param givenWord The given one.
 * @param possibleWords At least one to choose from.
 */
export function closestString(givenWord: string, possibleWords: readonly string[]): string;
