import { assertEquals, assertRejects } from "@std/assert";
import {
  chooseFault,
  GUIDE_FAULTS,
  guideHandler,
  type GuideWorkerOptions,
  NO_FAULTS,
  seededRandom,
} from "../../lib/worker/guide_worker.ts";
import { framesOf } from "../harness/jobs.ts";
import { RecordingLog } from "../harness/recording_log.ts";

const job = (number: number) => ({ number, signal: new AbortController().signal });

function handlerWith(log: RecordingLog, options: Partial<GuideWorkerOptions>) {
  const crash = () => {
    throw new Error("crashed");
  };
  return guideHandler({ faults: NO_FAULTS, random: () => 0, workMs: 0, overloadMs: 0, crash, log, ...options });
}

Deno.test("chooseFault() chooses none while jobs are healthy, and where there are no faults", () => {
  for (let number = 1; number <= GUIDE_FAULTS.healthyJobs; number++) {
    assertEquals(chooseFault(number, GUIDE_FAULTS, () => 0), "none");
  }
  for (let number = 1; number <= 100; number++) assertEquals(chooseFault(number, NO_FAULTS, () => 0), "none");
});

Deno.test("chooseFault() chooses each fault as often as its odds say", () => {
  const random = seededRandom(1);
  const counts = { crash: 0, overload: 0, none: 0 };
  for (let count = 0; count < 36_000; count++) counts[chooseFault(4, GUIDE_FAULTS, random)]++;
  // One in six, one in six of the others, and the rest; in thousands.
  assertEquals(Object.values(counts).map((count) => Math.round(count / 1000)), [6, 5, 25]);
});

Deno.test("seededRandom() repeats itself with the same seed, and stays below 1", () => {
  const take = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
  assertEquals(take(7), take(7));
  assertEquals(take(7).join() === take(8).join(), false);
  assertEquals(take(7).every((number) => number >= 0 && number < 1), true);
});

Deno.test("guideHandler() echoes, also after an overload", async () => {
  const log = new RecordingLog();
  const request = framesOf("a", "", "b");
  assertEquals(await handlerWith(log, {})(request, job(1)), request);
  const faults = { healthyJobs: 0, crashOdds: 0, overloadOdds: 1 };
  assertEquals(await handlerWith(log, { faults, overloadMs: 1 })(request, job(2)), request);
  const fields = { job: 2, ms: 1 };
  assertEquals(log.entries, [{ level: "warning", event: "simulated CPU overload", fields }]);
});

Deno.test("guideHandler() logs a crash before it crashes", async () => {
  const log = new RecordingLog();
  const faults = { healthyJobs: 0, crashOdds: 1, overloadOdds: 1 };
  await assertRejects(async () => await handlerWith(log, { faults })(framesOf("a"), job(1)), Error, "crashed");
  assertEquals(log.entries, [{ level: "warning", event: "simulated crash", fields: { job: 1 } }]);
});
