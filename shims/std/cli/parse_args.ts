/**
 * The part of `@std/cli/parse-args` that this project uses, from the same code on npm, so that one registry is enough.
 *
 * @module
 */
// @ts-types="./parse_args.d.ts"
export { parseArgs } from "deno-std/cli/parse_args.js";
