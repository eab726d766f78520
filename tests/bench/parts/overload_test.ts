import { assertEquals } from "@std/assert";
import { overload, overloadSample } from "../../../bench/parts/overload.ts";

const RUN = {
  seconds: {
    answered: [10, 10, 40, 50],
    gaveUp: [9, 9, 0, 1],
    jobs: [50, 50, 50, 50],
    stale: [9, 9, 0, 1],
    wasted: [9, 9, 0, 0],
    presentMs: [1000, 1000, 1000, 1000],
    busyMs: [990, 990, 990, 980],
    usefulMs: [100, 100, 950, 970],
  },
  p50Ms: 20,
  maxMs: 250,
  memoryMiB: 31,
  patientMaxMs: 200,
};

Deno.test("overload leaves out the first two seconds, and judges our queue", () => {
  const sample = overloadSample("overload", "deno", RUN);
  assertEquals(sample.answeredBySecond, RUN.seconds.answered);
  assertEquals(sample.figures["replies in time, /s"], [45]);
  assertEquals(sample.figures["workers' time that went into replies in time, part"], [0.96]);
  assertEquals(sample.figures["worker's time between jobs, ms"], [0.3]);
  const judged = overload.goals?.([sample, overloadSample("overload", "c", RUN)]) ?? [];
  assertEquals(judged.map(({ of, value, isMet }) => [of, value, isMet]), [
    ["deno", 0.96, true],
    ["deno", 0.01, true],
    ["deno", 200, true],
    ["deno", 31, false],
  ]);
});

Deno.test("overload counts replies from the second in which the workers are back", () => {
  const seconds = { ...RUN.seconds, presentMs: [1000, 20, 980, 1000] };
  const { figures } = overloadSample("outage", "deno", { ...RUN, seconds });
  assertEquals(figures["replies in time in the first second, /s"], [40]);
  assertEquals(figures["replies in time from then on, /s"], [45]);
  assertEquals(figures["first reply after the workers are back, ms"], []);
});
