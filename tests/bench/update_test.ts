import { assertEquals } from "@std/assert";
import { figuresOf } from "../../bench/goals.ts";
import type { Measurement } from "../../bench/measure.ts";
import { type CaseResult, type Results, RESULTS_FORMAT } from "../../bench/results.ts";
import { updateResults } from "../../bench/update.ts";
import { caseNamed, runWith } from "./bench_runs.ts";

function caseResult(name: string, queueCpuUs: number): CaseResult {
  const runs: Record<string, Measurement[]> = { c: [runWith(10)], deno: [runWith(queueCpuUs)] };
  const figures = Object.fromEntries(Object.entries(runs).map(([queue, list]) => [queue, figuresOf(list)]));
  const chosen = caseNamed(name, [{ figure: "queueCpuUs", against: "c", goal: { atMost: 1 } }]);
  return { case: chosen, figures, cpuRatios: {}, runs };
}

function goalOf(subject: string, median: number): Results["goals"][number] {
  const value = { median, min: median, max: median };
  return { queue: "deno", subject, figure: "ms", value, goal: { atMost: 1 }, isMet: median <= 1 };
}

const OLD: Results = {
  format: RESULTS_FORMAT,
  time: "2026-11-25T12:00:00.000Z",
  machine: { processor: "Abacus", cores: 2, memoryBytes: 4 * 2 ** 30, kernel: "Linux 6" },
  versions: { deno: "2.9.6", nats: "2" },
  leftOut: [{ name: "nats in 32B-1", reason: "it failed" }, { name: "python", reason: "it was not found" }],
  setup: { pinning: { queueCores: "0", loadCores: "1" }, rounds: 3, warmupMs: 1, measureMs: 2, isShort: false },
  updates: [],
  cases: [caseResult("32B-1", 20), caseResult("32B-1000", 8)],
  threads: [],
  starts: [{ queue: "c", seconds: [1], residentBytes: [2] }],
  idleClients: [],
  departures: [{ queue: "deno", backlog: 1000, us: [9] }],
  collections: [],
  peerCosts: [],
  overload: [],
  redelivery: {},
  goals: [goalOf("32B-1", 2), goalOf("32B-1000", 0.8), goalOf("starts", 2), goalOf("departures", 0.5)],
};

Deno.test("updateResults() replaces what was measured anew, keeps the rest, and judges both", () => {
  const fresh: Results = {
    ...OLD,
    time: "2026-11-26T12:00:00.000Z",
    versions: { deno: "2.9.7" },
    leftOut: [],
    cases: [caseResult("32B-64", 5), caseResult("32B-1", 10)],
    starts: [{ queue: "c", seconds: [3], residentBytes: [4] }],
    departures: [],
    goals: [goalOf("32B-64", 0.5), goalOf("32B-1", 1), goalOf("starts", 1)],
  };
  const names = ["32B-64", "32B-1", "starts"];
  const updated = updateResults(OLD, fresh, names);
  assertEquals(updated.time, OLD.time);
  assertEquals(updated.updates, [{ time: fresh.time, setup: fresh.setup, names }]);
  assertEquals(updated.versions, { deno: "2.9.7", nats: "2" });
  assertEquals(updated.leftOut, [{ name: "python", reason: "it was not found" }]);
  assertEquals(updated.cases.map(({ case: { name } }) => name), ["32B-1", "32B-64", "32B-1000"]);
  assertEquals(updated.starts, fresh.starts);
  assertEquals(updated.departures, OLD.departures);
  assertEquals(
    updated.goals.filter(({ figure }) => figure !== "ms").map(({ subject, value, isMet }) => [
      subject,
      value.median,
      isMet,
    ]),
    [["32B-1", 1, true], ["32B-64", 0.5, true], ["32B-1000", 0.8, true]],
  );
  assertEquals(
    updated.goals.filter(({ figure }) => figure === "ms").map(({ subject, value }) => [subject, value.median]),
    [["departures", 0.5], ["starts", 1]],
  );
});
