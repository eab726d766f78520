/**
 * The part of `@std/text/closest-string` that this project uses, from the same code on npm, so that one registry is
 * enough.
 *
 * @module
 */
// @ts-types="./closest_string.d.ts"
export { closestString } from "deno-std/text/closest_string.js";
