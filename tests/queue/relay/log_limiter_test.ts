import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LogLimiter } from "../../../lib/queue/relay/log_limiter.ts";

/** A limiter of one event a second, of the kind `quick` ten, and what it has told: which event, for how many. */
function limiterOfSeconds(): { limiter: LogLimiter<string>; takeTold: () => string[] } {
  const told: string[] = [];
  const limiter = new LogLimiter<string>(
    { usual: 1000, byKind: { quick: 100 } },
    (event, count) => told.push(`${event} x ${count}`),
  );
  return { limiter, takeTold: () => told.splice(0) };
}

Deno.test("LogLimiter tells the first event, then the last one when the interval ends, with how many it stands for", () => {
  const { limiter, takeTold } = limiterOfSeconds();
  limiter.add("late reply", "first", 5000);
  assertEquals([takeTold(), limiter.tick(5000)], [["first x 1"], -1]);
  limiter.add("late reply", "second", 5001);
  limiter.add("late reply", "third", 5998.5);
  assertEquals([takeTold(), limiter.tick(5998.5)], [[], 2]);
  assertEquals([limiter.tick(5999.9), takeTold()], [1, []]);
  assertEquals([limiter.tick(6000), takeTold()], [-1, ["third x 2"]]);
  limiter.add("late reply", "fourth", 6999);
  assertEquals([limiter.tick(6999), takeTold()], [1, []]);
  limiter.add("late reply", "fifth", 7000);
  assertEquals([limiter.tick(7000), takeTold()], [-1, ["fifth x 2"]]);
  assertEquals([limiter.tick(9000), takeTold()], [-1, []]);
});

Deno.test("LogLimiter limits each kind apart", () => {
  const { limiter, takeTold } = limiterOfSeconds();
  limiter.add("a", "a1", 0);
  limiter.add("b", "b1", 400);
  limiter.add("b", "b2", 500);
  limiter.add("a", "a2", 600);
  assertEquals([takeTold(), limiter.tick(600)], [["a1 x 1", "b1 x 1"], 400]);
  assertEquals([limiter.tick(1000), takeTold()], [400, ["a2 x 1"]]);
  assertEquals([limiter.tick(1400), takeTold()], [-1, ["b2 x 1"]]);
});

Deno.test("LogLimiter tells a kind as often as its own interval says", () => {
  const { limiter, takeTold } = limiterOfSeconds();
  for (const kind of ["quick", "slow"]) for (const now of [0, 50]) limiter.add(kind, `${kind} ${now}`, now);
  assertEquals([takeTold(), limiter.tick(50)], [["quick 0 x 1", "slow 0 x 1"], 50]);
  assertEquals([limiter.tick(100), takeTold()], [900, ["quick 50 x 1"]]);
});

Deno.test("LogLimiter.flush() tells what is held back, once", () => {
  const { limiter, takeTold } = limiterOfSeconds();
  for (const event of ["one", "two", "three"]) limiter.add("kind", event, 0);
  limiter.flush();
  limiter.flush();
  assertEquals(takeTold(), ["one x 1", "three x 2"]);
});

Deno.test("LogLimiter tells of every event in time, at most once an interval, when events come at random", () => {
  fc.assert(fc.property(fc.nat(100), fc.array(fc.nat(60)), (intervalMs, pauses) => {
    let now = 0;
    let told = 0;
    let toldAtMs = -Infinity;
    const limiter = new LogLimiter<number>({ usual: intervalMs }, (event, count) => {
      assertEquals(now - toldAtMs >= intervalMs, true);
      toldAtMs = now;
      told += count;
      assertEquals(event, told, "The last one is told, and stands for all before it");
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
    assertEquals(told, pauses.length);
  }));
});
