/**
 * Counts the characters to insert, delete or replace to make one string of another.
 *
 * @param from The one.
 * @param to The other.
 */
export function levenshteinDistance(from: string, to: string): number;
