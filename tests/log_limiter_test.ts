import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LogLimiter } from "../lib/log_limiter.ts";

Deno.test("LogLimiter.admit() tells the first event, then one an interval with how many it stands for", () => {
  const limiter = new LogLimiter(1000);
  const counts = [5000, 5001, 5999, 6000, 6001, 6999, 8000, 9000].map((now) => limiter.admit("late reply", now));
  assertEquals(counts, [1, 0, 0, 3, 0, 0, 3, 1]);
});

Deno.test("LogLimiter.admit() limits each kind apart", () => {
  const limiter = new LogLimiter(1000);
  assertEquals([limiter.admit("a", 0), limiter.admit("b", 1), limiter.admit("a", 2), limiter.admit("b", 3)], [
    1,
    1,
    0,
    0,
  ]);
  assertEquals([limiter.admit("a", 1000), limiter.admit("b", 1000), limiter.admit("b", 1001)], [2, 0, 3]);
});

Deno.test("LogLimiter counts every event in what it tells, at most one an interval, when events come at random", () => {
  fc.assert(fc.property(fc.nat(100), fc.array(fc.nat(60)), (intervalMs, pauses) => {
    const limiter = new LogLimiter(intervalMs);
    let now = 0;
    let told = 0;
    let toldAtMs = -Infinity;
    for (const pause of pauses) {
      now += pause;
      const count = limiter.admit("kind", now);
      assertEquals(count > 0, now - toldAtMs >= intervalMs);
      if (count > 0) toldAtMs = now;
      told += count;
    }
    now += intervalMs;
    assertEquals(told + limiter.admit("kind", now), pauses.length + 1);
  }));
});
