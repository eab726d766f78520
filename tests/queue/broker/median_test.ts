import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Median } from "../../../lib/queue/broker/median.ts";

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

Deno.test("Median.value is NaN when there are no values", () => {
  assertEquals(new Median(3).value, NaN);
});

Deno.test("Median.value is the middle value, or the mean of the middle two", () => {
  const median = new Median(4);
  const seen = [10, 2, 9, 100, 3, 1].map((value) => {
    median.add(value);
    return median.value;
  });
  // It keeps four values, so that the last two medians are of 2, 9, 100, 3 and of 9, 100, 3, 1.
  assertEquals(seen, [10, 6, 9, 9.5, 6, 6]);
});

Deno.test("Median.value is the median of only the latest values", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(1000), { minLength: 1 }), (size, values) => {
    const median = new Median(size);
    values.forEach((value, i) => {
      median.add(value);
      assertEquals(median.value, medianOf(values.slice(Math.max(0, i + 1 - size), i + 1)));
    });
  }));
});
