import { assertEquals } from "@std/assert";
import { type Demand, meanJobMs, workersWanted } from "../../../lib/queue/status/workers_wanted.ts";
import { Fleet } from "./fleet.ts";

const NOTHING: Demand = {
  inFlight: 0,
  waiting: 0,
  arrivalsPerSecond: 0,
  latestJobs: { count: 0, sumMs: 0 },
  runningMs: 0,
};
/** Ten jobs of 2 s each. */
const JOBS = { count: 10, sumMs: 20_000 };

Deno.test("workersWanted() is 0 when nothing happens, and 1 when anything waits and no mean is known", () => {
  assertEquals(workersWanted(NOTHING), 0);
  assertEquals(workersWanted({ ...NOTHING, waiting: 500 }), 1);
});

Deno.test("workersWanted() is what arrives times the mean, at four fifths, and what waits within a minute", () => {
  assertEquals(workersWanted({ ...NOTHING, latestJobs: JOBS, arrivalsPerSecond: 4 }), 10);
  assertEquals(workersWanted({ ...NOTHING, latestJobs: JOBS, arrivalsPerSecond: 4, waiting: 30 }), 11);
});

Deno.test("workersWanted() is not less than what runs, nor than 1 while anything waits", () => {
  assertEquals(workersWanted({ ...NOTHING, latestJobs: JOBS, inFlight: 20, runningMs: 40_000 }), 20);
  assertEquals(workersWanted({ ...NOTHING, latestJobs: JOBS, waiting: 1 }), 1);
});

Deno.test("meanJobMs() counts running jobs with their age, so that it is known before the first one ends", () => {
  assertEquals(meanJobMs({ ...NOTHING, inFlight: 2, runningMs: 6000 }), 3000);
  assertEquals(meanJobMs(NOTHING), null);
});

Deno.test("a fleet scaled by workersWanted() starts from nothing, does not starve, and ends with nothing", () => {
  const fleet = new Fleet({ seed: 1, jobMs: 2000 });
  fleet.run(600_000, 20);
  const settled = fleet.records.filter(({ atMs }) => atMs >= 240_000);
  assertEquals(settled.every(({ oldestMs }) => oldestMs <= 5000), true, "nothing waits for more than 5 s");
  fleet.run(300_000, 0);
  assertEquals(fleet.size, 0);
});

Deno.test("a fleet scaled by workersWanted() does not swing under a steady load", () => {
  for (const [arrivalsPerSecond, jobMs] of [[20, 2000], [2, 20_000], [200, 100]] as const) {
    const fleet = new Fleet({ seed: 2, jobMs });
    fleet.run(1_200_000, arrivalsPerSecond);
    const sizes = fleet.records.filter(({ atMs }) => atMs >= 600_000).map(({ size }) => size);
    const needed = arrivalsPerSecond * jobMs / 1000;
    const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
    assertEquals(
      smallest >= 0.9 * needed && largest <= 1.8 * needed,
      true,
      `${needed} are busy, the fleet has ${smallest} to ${largest}`,
    );
  }
});

Deno.test("a fleet scaled by workersWanted() follows a load that grows fivefold", () => {
  const fleet = new Fleet({ seed: 3, jobMs: 2000 });
  fleet.run(600_000, 10);
  fleet.run(600_000, 50);
  const last = fleet.records.filter(({ atMs }) => atMs >= 900_000);
  assertEquals(last.every(({ oldestMs }) => oldestMs <= 5000), true, "it has caught up within five minutes");
});
