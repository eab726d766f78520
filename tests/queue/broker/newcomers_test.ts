import { assertEquals } from "@std/assert";
import { Newcomers } from "../../../lib/queue/broker/newcomers.ts";

Deno.test("Newcomers are served while a job takes twice as long as usual, and there is time left for the longest", () => {
  const newcomers = new Newcomers({ jobsMs: [10, 10, 20, 30, 500], endByMs: 9000 });
  assertEquals(newcomers.fromMs(1000), 1040);
  const served = [1000, 1039, 1040, 1500, 4999, 5000, 5001].map((now) => newcomers.areServed(1000, now));
  // From 1,500 ms on that job is the longest that is known: at 5,000 ms there are 4,000 ms left for another one.
  assertEquals(served, [false, false, true, true, true, true, false]);
});

Deno.test("Newcomers are not served when all jobs take about the same time", () => {
  const newcomers = new Newcomers({ jobsMs: [900, 1000, 1100], endByMs: 9000 });
  for (let now = 1000; now <= 2100; now += 50) assertEquals(newcomers.areServed(1000, now), false);
});

Deno.test("Newcomers are not served when the drain waits for no job, none is known, or there is no time", () => {
  const known = { jobsMs: [10, 10, 10], endByMs: 1000 };
  const cases = [
    [new Newcomers(known), null],
    [new Newcomers({ ...known, jobsMs: [] }), 0],
    [new Newcomers({ ...known, endByMs: 25 }), 0],
    [new Newcomers({ ...known, jobsMs: [10, 10, 2000] }), 0],
  ] as const;
  for (const [newcomers, sentSinceMs] of cases) {
    assertEquals([newcomers.fromMs(sentSinceMs), newcomers.areServed(sentSinceMs, 500)], [Infinity, false]);
  }
});
