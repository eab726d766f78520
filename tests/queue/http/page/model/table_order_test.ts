import { assertEquals } from "@std/assert";
import { distinctIds, matches, sorted } from "../../../../../lib/queue/http/page/model/table_order.ts";

Deno.test("sorted() sorts numbers by size, names in natural order, and unknown values last", () => {
  const identity = (value: number | null) => value;
  assertEquals(sorted([10, null, 9], identity, false), [9, 10, null]);
  assertEquals(sorted([9, null, 10], identity, true), [10, 9, null]);
  assertEquals(sorted(["w10", "W9", "a"], (name) => name, false), ["a", "W9", "w10"]);
});

Deno.test("matches() requires all words, in any column", () => {
  const texts = ["thumb-1", "10.0.0.7", null, "busy"];
  assertEquals(["thumb", "BUSY 10.0", "", "idle", "thumb idle"].map((filter) => matches(texts, filter)), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("distinctIds() distinguishes rows with the same name, such as workers with one key that left", () => {
  const ids = distinctIds(["a", "b", "a", "a"], (name) => name);
  assertEquals([ids.slice(0, 2), new Set(ids).size], [["a", "b"], 4]);
});
