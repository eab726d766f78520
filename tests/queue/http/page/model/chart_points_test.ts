import { assertEquals } from "@std/assert";
import { ChartPoints } from "../../../../../lib/queue/http/page/model/chart_points.ts";
import { HISTORY_NUMBERS, type HistorySource } from "../../../../../lib/queue/status/history.ts";

const NO_TIMES = { count: 0, p50Ms: null, p99Ms: null };

function source(accepted: number): HistorySource {
  return {
    waiting: { requests: accepted, delayed: 0, oldestMs: null },
    inFlight: { requests: 0, onTrial: 0, oldestMs: null },
    backlog: { requests: 0, maxRequests: 1, bytes: 0, maxBytes: 1 },
    account: { accepted, answered: 0, clientLeft: 0, clientBlocked: 0, exhausted: 0 },
    counters: { redeliveries: 0, refusedFull: 0, refusedDraining: 0 },
    times: { wait: NO_TIMES, work: NO_TIMES },
    workers: { total: 0, idle: 0, busy: 0, wanted: 0 },
    clients: { total: 0 },
  } as unknown as HistorySource;
}

function history(points: readonly number[]) {
  const numbers = Object.fromEntries(HISTORY_NUMBERS.map((name) => [name, points]));
  return { at: "2026-11-30T10:00:00Z", intervalMs: 1000, numbers: numbers as never };
}

Deno.test("ChartPoints continues where the history ends, with rates", () => {
  const points = new ChartPoints();
  points.reset(history([1, 2]), 100);
  points.add(source(10), 100);
  points.add(source(14), 102);
  assertEquals(points.times, [99, 100, 102]);
  assertEquals([points.of("waiting"), points.of("acceptedPerSecond")], [[1, 2, 14], [1, 2, 2]]);
});

Deno.test("ChartPoints leaves a gap where points were missed", () => {
  const points = new ChartPoints();
  points.add(source(1), 100);
  points.add(source(2), 110);
  assertEquals([points.times, points.of("waiting")], [[100, 105, 110], [1, null, 2]]);
});

Deno.test("ChartPoints forgets what is older than fifteen minutes", () => {
  const points = new ChartPoints();
  for (let second = 0; second < 2000; second++) points.add(source(second), second);
  assertEquals([points.times[0], points.times.length, points.of("waiting").length], [1099, 901, 901]);
});
