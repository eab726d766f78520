import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LogLimiter } from "../lib/log_limiter.ts";

/** A limiter of one event a second, of the kind `quick` ten, and what it has passed on: which event, for how many. */
function limiterOfSeconds(): { limiter: LogLimiter<string>; takePassed: () => string[] } {
  const passed: string[] = [];
  const limiter = new LogLimiter<string>(
    { usual: 1000, byKind: { quick: 100 } },
    (event, count) => passed.push(`${event} x ${count}`),
  );
  return { limiter, takePassed: () => passed.splice(0) };
}

Deno.test("LogLimiter passes on the first event, then the last one when the interval ends, with how many it stands for", () => {
  const { limiter, takePassed } = limiterOfSeconds();
  limiter.add("late reply", "first", 5000);
  assertEquals([takePassed(), limiter.tick(5000)], [["first x 1"], -1]);
  limiter.add("late reply", "second", 5001);
  limiter.add("late reply", "third", 5998.5);
  assertEquals([takePassed(), limiter.tick(5998.5)], [[], 2]);
  assertEquals([limiter.tick(5999.9), takePassed()], [1, []]);
  assertEquals([limiter.tick(6000), takePassed()], [-1, ["third x 2"]]);
  limiter.add("late reply", "fourth", 6999);
  assertEquals([limiter.tick(6999), takePassed()], [1, []]);
  limiter.add("late reply", "fifth", 7000);
  assertEquals([limiter.tick(7000), takePassed()], [-1, ["fifth x 2"]]);
  assertEquals([limiter.tick(9000), takePassed()], [-1, []]);
});

Deno.test("LogLimiter limits each kind on its own", () => {
  const { limiter, takePassed } = limiterOfSeconds();
  limiter.add("a", "a1", 0);
  limiter.add("b", "b1", 400);
  limiter.add("b", "b2", 500);
  limiter.add("a", "a2", 600);
  assertEquals([takePassed(), limiter.tick(600)], [["a1 x 1", "b1 x 1"], 400]);
  assertEquals([limiter.tick(1000), takePassed()], [400, ["a2 x 1"]]);
  assertEquals([limiter.tick(1400), takePassed()], [-1, ["b2 x 1"]]);
});

Deno.test("LogLimiter passes on a kind at its own interval", () => {
  const { limiter, takePassed } = limiterOfSeconds();
  for (const kind of ["quick", "slow"]) for (const now of [0, 50]) limiter.add(kind, `${kind} ${now}`, now);
  assertEquals([takePassed(), limiter.tick(50)], [["quick 0 x 1", "slow 0 x 1"], 50]);
  assertEquals([limiter.tick(100), takePassed()], [900, ["quick 50 x 1"]]);
});

Deno.test("LogLimiter passes on a burst at once, and then one event per interval, until it has rested", () => {
  const passed: string[] = [];
  const limiter = new LogLimiter<number>({ usual: 1000, bursts: { worker: 3 } }, (event, count) => {
    passed.push(`${event} x ${count}`);
  });
  for (let event = 1; event <= 5; event++) limiter.add("worker", event, 0);
  assertEquals([passed.splice(0), limiter.tick(0)], [["1 x 1", "2 x 1", "3 x 1"], 1000]);
  assertEquals([limiter.tick(1000), passed.splice(0)], [-1, ["5 x 2"]]);
  limiter.add("worker", 6, 1001);
  assertEquals([passed.splice(0), limiter.tick(1001)], [[], 999]);
  assertEquals([limiter.tick(2000), passed.splice(0)], [-1, ["6 x 1"]]);
  // Two intervals without one allow two.
  for (let event = 7; event <= 9; event++) limiter.add("worker", event, 4000);
  assertEquals([passed.splice(0), limiter.tick(4000)], [["7 x 1", "8 x 1"], 1000]);
});

Deno.test("LogLimiter.flush() passes on what is held back, once", () => {
  const { limiter, takePassed } = limiterOfSeconds();
  for (const event of ["one", "two", "three"]) limiter.add("kind", event, 0);
  limiter.flush();
  limiter.flush();
  assertEquals(takePassed(), ["one x 1", "three x 2"]);
});

Deno.test("LogLimiter remembers a thousand kinds, and passes on what a forgotten kind has held back", () => {
  const { limiter, takePassed } = limiterOfSeconds();
  for (const event of ["one", "two"]) limiter.add("first", event, 0);
  for (let kind = 2; kind <= 1000; kind++) limiter.add(`kind ${kind}`, "", 0);
  assertEquals(takePassed().filter((passed) => passed !== " x 1"), ["one x 1"]);
  limiter.add("kind 1001", "", 0);
  assertEquals(takePassed(), ["two x 1", " x 1"]);
  limiter.add("first", "three", 0);
  assertEquals(takePassed(), ["three x 1"]);
});

Deno.test("LogLimiter passes on random events in time, and at most once per interval", () => {
  fc.assert(fc.property(fc.nat(100), fc.array(fc.nat(60)), (intervalMs, pauses) => {
    let now = 0;
    let passed = 0;
    let passedAtMs = -Infinity;
    const limiter = new LogLimiter<number>({ usual: intervalMs }, (event, count) => {
      assertEquals(now - passedAtMs >= intervalMs, true);
      passedAtMs = now;
      passed += count;
      assertEquals(event, passed, "The last one is passed on, and stands for all before it");
    });
    for (const [index, pause] of pauses.entries()) {
      // As the relay does, which waits until the next deadline at most.
      const end = now + pause;
      while (now < end) {
        const waitMs = limiter.tick(now);
        now = waitMs < 0 ? end : Math.min(end, now + waitMs);
      }
      limiter.add("kind", index + 1, now);
    }
    now += Math.max(0, limiter.tick(now));
    assertEquals(limiter.tick(now), -1);
    assertEquals(passed, pauses.length);
  }));
});
