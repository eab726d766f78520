import { assertEquals } from "@std/assert";
import { Recent } from "../../../lib/queue/broker/recent.ts";

function makeRecent(startMs = 0) {
  const counts = { accepted: 0, answered: 0, givenUp: 0 };
  const recent = new Recent(() => ({ ...counts }));
  recent.roll(startMs);
  const answer = (now: number) => {
    recent.roll(now);
    counts.accepted++;
    counts.answered++;
    recent.wait.add(1);
    recent.addJob(10);
  };
  return { recent, answer };
}

Deno.test("Recent.period() counts what happened within the time, and up to 5 s before it", () => {
  const { recent, answer } = makeRecent();
  for (let now = 100; now <= 200_000; now += 100) answer(now);
  for (const lengthMs of [10_000, 60_000]) {
    const period = recent.period(lengthMs, 200_000);
    assertEquals(period.lengthMs >= lengthMs && period.lengthMs <= lengthMs + 5100, true, `${period.lengthMs} ms`);
    assertEquals(Math.abs(period.accepted * 1000 / period.lengthMs - 10) <= 0.1, true);
    assertEquals([period.answered, period.wait.count, period.work.count], new Array(3).fill(period.accepted));
  }
});

Deno.test("Recent.period() forgets what happened before a long silence, without a timer", () => {
  const { recent, answer } = makeRecent();
  for (let now = 0; now < 4900; now += 10) answer(now);
  assertEquals(recent.period(60_000, 100_000).accepted, 0);
  answer(100_500);
  const { accepted, work } = recent.period(60_000, 101_000);
  assertEquals([accepted, work.count], [1, 1]);
});

Deno.test("Recent.period() is at most the age of the queue", () => {
  const { recent, answer } = makeRecent(1000);
  answer(3000);
  const { lengthMs, accepted } = recent.period(60_000, 4000);
  assertEquals([lengthMs, accepted], [3000, 1]);
});

Deno.test("Recent.latestJobs are the latest 1,024 jobs", () => {
  const { recent } = makeRecent();
  for (let job = 0; job < 2000; job++) recent.addJob(job < 1000 ? 1000 : 1);
  assertEquals(recent.latestJobs, { count: 1024, sumMs: 24 * 1000 + 1000 });
});
