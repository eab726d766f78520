import { assertEquals } from "@std/assert";
import { zeroCounters } from "../../lib/queue/broker/statistics.ts";
import { DrainLog, lastFigures } from "../../lib/queue/end_log.ts";
import type { QueueStatistics } from "../../lib/queue/relay/messages.ts";
import { RecordingLog } from "../harness/recording_log.ts";

const STATISTICS: QueueStatistics = {
  ...zeroCounters(),
  accepted: 10,
  answered: 3,
  droppedMessages: 0,
  exhaustedNotCopied: 0,
  failedHandshakes: 0,
  excessHandshakes: 0,
  waiting: 1,
  delayed: 2,
  inFlight: 3,
  onTrial: 1,
  remote: 0,
  onLoan: 0,
  pendingBytes: 7000,
  workers: 4,
  idleWorkers: 0,
  clients: 7,
  newestFirst: true,
};
const HINT = "a second signal ends the queue at once";

Deno.test("DrainLog says at intervals what the drain waits for, and how to end it at once", async () => {
  const log = new RecordingLog();
  const queue = { statistics: () => Promise.resolve(STATISTICS) };
  using _drain = new DrainLog(queue, log, { signal: "SIGTERM", timeoutMs: 60_000, intervalMs: 1 });
  const [first, second, third] = await log.entriesOf("draining", 3);
  assertEquals(first, { signal: "SIGTERM", timeoutMs: 60_000, hint: HINT });
  for (const line of [second!, third!]) {
    const leftMs = Number(line.leftMs);
    assertEquals(line, { waiting: 3, inFlight: 4, leftMs, hint: HINT });
    assertEquals(leftMs > 0 && leftMs <= 60_000, true);
  }
});

Deno.test("DrainLog says that replies are still to be sent when the queue no longer has statistics", async () => {
  const log = new RecordingLog();
  const queue = { statistics: () => Promise.reject(new Error("The queue has ended")) };
  using _drain = new DrainLog(queue, log, { signal: "SIGINT", timeoutMs: 0, intervalMs: 1 });
  const [, line] = await log.entriesOf("draining", 2);
  assertEquals(line, { waitsFor: "replies to be sent", leftMs: 0, hint: HINT });
});

Deno.test("lastFigures() leaves out zeros when the log is for people", () => {
  assertEquals(lastFigures(STATISTICS, true), {
    accepted: 10,
    answered: 3,
    waiting: 1,
    delayed: 2,
    inFlight: 3,
    onTrial: 1,
    pendingBytes: 7000,
    workers: 4,
    clients: 7,
  });
  const { newestFirst: _, ...figures } = STATISTICS;
  assertEquals(lastFigures(STATISTICS, false), figures);
});
