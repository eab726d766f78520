import { assertEquals } from "@std/assert";
import { LimitedLog } from "../lib/limited_log.ts";
import { RecordingLog } from "./harness/recording_log.ts";

Deno.test("LimitedLog passes on the first of several equal lines, then the last with how many it stands for", () => {
  const target = new RecordingLog();
  {
    using log = new LimitedLog(target, 60_000);
    for (const job of [1, 2, 3]) log.error("job failed", { job, reason: "disk full", stderr: `at ${job}` });
    log.error("job failed", { job: 4, reason: "no memory" });
    assertEquals(target.entries.map(({ fields }) => fields.job), [1, 4]);
  }
  assertEquals(target.entries[2]!.fields, { job: 3, reason: "disk full", stderr: "at 3", count: 2 });
});

Deno.test("LimitedLog passes on by itself what it has held back for its interval", async () => {
  const target = new RecordingLog();
  using log = new LimitedLog(target, 10);
  for (const job of [1, 2, 3]) log.error("job failed", { job, reason: "disk full" });
  const [, second] = await target.entriesOf("job failed", 2);
  // On a busy machine an interval may end between two of them.
  const last = second!.job === 3 ? second : (await target.entriesOf("job failed", 3))[2];
  const passed = target.entries.reduce((sum, { fields }) => sum + Number(fields.count ?? 1), 0);
  assertEquals([last!.job, passed], [3, 3]);
});

Deno.test("LimitedLog gives the time of a line that it passes on late", async () => {
  const target = new RecordingLog();
  using log = new LimitedLog(target, 1000);
  const begin = Date.now();
  for (const job of [1, 2]) log.info("connection lost", { job });
  const end = Date.now();
  const [first, second] = await target.entriesOf("connection lost", 2);
  assertEquals(first, { job: 1 });
  const { at, ...fields } = second!;
  assertEquals(fields, { job: 2 });
  const happened = Date.parse(String(at));
  assertEquals(happened >= begin && happened <= end, true, String(at));
});

Deno.test("LimitedLog treats lines without a reason as equal if they differ only in the job's number, and limits each level", () => {
  const target = new RecordingLog();
  {
    using log = new LimitedLog(target, 60_000);
    for (const identity of ["A", "B", "A"]) log.info("worker ready", { identity, job: target.entries.length });
    log.warning("worker ready", { identity: "A" });
    for (let count = 0; count < 2; count++) log.debug("job answered", { job: 1 });
    assertEquals(target.entries.map(({ level, fields }) => `${level} ${fields.identity ?? fields.job}`), [
      ...["info A", "info B", "warning A", "debug 1", "debug 1"],
    ]);
    target.entries.length = 0;
  }
  // What was held back is not lost.
  assertEquals(target.entries, [{ level: "info", event: "worker ready", fields: { identity: "A", job: 2 } }]);
});
