import { assertEquals } from "@std/assert";
import type { RelayReport } from "../../../lib/queue/relay/messages.ts";
import { kindOf, reportLimiter } from "../../../lib/queue/relay/reports.ts";

Deno.test("kindOf() is different for each reason of refusals, and for each side of dropped messages", () => {
  const reports: RelayReport[] = [
    { event: "request refused", reason: "draining" },
    { event: "request refused", reason: "backlog full" },
    { event: "message dropped", side: "frontend" },
    { event: "message dropped", side: "backend" },
    { event: "message failed", side: "backend", reason: "any" },
    { event: "late reply", worker: "A" },
    { event: "late reply", worker: "B" },
  ];
  assertEquals(reports.map(kindOf), [
    "request refused: draining",
    "request refused: backlog full",
    "message dropped: frontend",
    "message dropped: backend",
    "message failed: backend",
    "late reply",
    "late reply",
  ]);
});

Deno.test("reportLimiter() names ten workers that join together, and of a hundred that come one after the other the last", () => {
  const passed: string[] = [];
  const limiter = reportLimiter((report, count) => passed.push(`${(report as { worker: string }).worker} x ${count}`));
  for (let workers = 1; workers <= 100; workers++) {
    limiter.add("worker joined", { event: "worker joined", worker: `${workers}`, workers }, 0);
  }
  assertEquals(passed.splice(0), Array.from({ length: 10 }, (_, index) => `${index + 1} x 1`));
  assertEquals([limiter.tick(9999), passed.splice(0)], [1, []]);
  assertEquals([limiter.tick(10_000), passed.splice(0)], [-1, ["100 x 90"]]);
});

Deno.test("reportLimiter() passes a kind on every 10 s, some every second, exhausted requests ten a second", () => {
  const passed: string[] = [];
  const limiter = reportLimiter((report, count) => passed.push(`${report.event} x ${count}`));
  const exhausted = { bytes: 1, digest: "", client: "x", workers: [] };
  const reports: RelayReport[] = [
    { event: "late reply", worker: "A" },
    { event: "order changed", newestFirst: true, backlog: 1 },
    { event: "redelivery limit reached", ...exhausted },
  ];
  for (const now of [0, 1]) for (const report of reports) limiter.add(kindOf(report), report, now);
  assertEquals(passed.splice(0), ["late reply x 1", "order changed x 1", "redelivery limit reached x 1"]);
  const due = [100, 1000, 10_000].map((now) => {
    limiter.tick(now);
    return passed.splice(0);
  });
  assertEquals(due, [["redelivery limit reached x 1"], ["order changed x 1"], ["late reply x 1"]]);
});
