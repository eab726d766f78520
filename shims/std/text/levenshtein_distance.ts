/**
 * The part of `@std/text/levenshtein-distance` that this project uses, from the same code on npm, so that one registry is
 * enough.
 *
 * @module
 */
// @ts-types="./levenshtein_distance.d.ts"
export { levenshteinDistance } from "deno-std/text/levenshtein_distance.js";
