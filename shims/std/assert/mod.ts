/**
 * The part of `@std/assert` that this project's tests use, from the same code on npm, so that one registry is enough.
 *
 * @module
 */
// @ts-types="./mod.d.ts"
export {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
  fail,
} from "deno-std/assert/mod.js";
