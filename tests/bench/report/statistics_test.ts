import { assertEquals, assertThrows } from "@std/assert";
import { ratiosOf, spreadOf } from "../../../bench/report/statistics.ts";

Deno.test("spreadOf() takes the middle value, or the mean of the middle two", () => {
  assertEquals(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assertEquals(spreadOf([10, 1, 2, 4]), { median: 3, min: 1, max: 10 });
  assertEquals(spreadOf([7]), { median: 7, min: 7, max: 7 });
});

Deno.test("spreadOf() sorts by size, and does not change its argument", () => {
  const values = [100, 20, 3];
  assertEquals(spreadOf(values), { median: 20, min: 3, max: 100 });
  assertEquals(values, [100, 20, 3]);
});

Deno.test("spreadOf() throws when there are no values", () => {
  assertThrows(() => spreadOf([]), RangeError, "no values");
});

Deno.test("ratiosOf() divides round by round, and leaves out rounds that only one of them has", () => {
  assertEquals(ratiosOf([10, 30, 99], [20, 10]), [0.5, 3]);
  assertEquals(ratiosOf([10], [20, 10]), [0.5]);
  assertEquals(ratiosOf([10], []), []);
});
