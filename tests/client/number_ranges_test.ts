import { assertEquals } from "@std/assert";
import { NumberRanges } from "../../lib/client/number_ranges.ts";

Deno.test("NumberRanges writes consecutive numbers as ranges", () => {
  const ranges = new NumberRanges();
  assertEquals([ranges.count, `${ranges}`], [0, ""]);
  for (const number of [3, 7, 8, 9, 11, 12, 20]) ranges.add(number);
  assertEquals([ranges.count, `${ranges}`], [7, "3, 7-9, 11-12, 20"]);
});
