import { assertEquals } from "@std/assert";
import {
  cumulativeCounts,
  percentile,
  TIME_BOUNDS_MS,
  TimeHistogram,
  timesBetween,
} from "../../../lib/queue/broker/times.ts";

function timesOf(...values: readonly number[]): TimeHistogram {
  const times = new TimeHistogram();
  for (const value of values) times.add(value);
  return times;
}

Deno.test("cumulativeCounts() counts a time in the first bucket whose bound it does not exceed", () => {
  const counts = cumulativeCounts(timesOf(0, 1, 1.1, 2.5, 1_800_000, 1_800_001, 1e12));
  assertEquals(counts.length, TIME_BOUNDS_MS.length);
  assertEquals(counts.slice(0, 3), [2, 4, 4]);
  assertEquals(counts.at(-1), 5);
});

Deno.test("TimeHistogram knows count and sum, also of times beyond the last bound", () => {
  const { count, sumMs } = timesOf(1, 2, 3_000_000);
  assertEquals([count, sumMs], [3, 3_000_003]);
});

Deno.test("percentile() is at most a quarter of a bucket away", () => {
  const times = new TimeHistogram();
  for (let ms = 1; ms <= 1000; ms++) times.add(ms);
  assertEquals(Math.abs(percentile(times, 0.5)! - 500) <= 64, true);
  assertEquals(Math.abs(percentile(times, 0.99)! - 990) <= 126, true);
});

Deno.test("percentile() is null without times, and at most the last bound", () => {
  assertEquals(percentile(timesOf(), 0.5), null);
  assertEquals(percentile(timesOf(1e9), 0.5), 1_800_000);
});

Deno.test("timesBetween() is what was added since a copy", () => {
  const times = timesOf(5, 50);
  const copy = times.copy();
  times.add(500);
  const between = timesBetween(times, copy);
  assertEquals([between.count, between.sumMs, cumulativeCounts(between).at(-1)], [1, 500, 1]);
});
