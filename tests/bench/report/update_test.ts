import { assertEquals } from "@std/assert";
import { loads } from "../../../bench/parts/loads.ts";
import { type Results, rowOf, type Sample } from "../../../bench/report/results.ts";
import { updateResults } from "../../../bench/report/update.ts";
import { loadSamples, resultsWith } from "../bench_runs.ts";

function measured(samples: readonly Sample[]): Pick<Results, "rows" | "goals"> {
  return { rows: samples.map(rowOf), goals: loads.goals?.(samples) ?? [] };
}

function startOf(of: string, ms: number): Sample {
  return { subject: "starts", of, figures: { ms: [ms] } };
}

const OLD = resultsWith({
  versions: { deno: "2.9.6", nats: "2" },
  leftOut: [{ name: "nats", subject: "32B-1", reason: "it failed" }, { name: "python", reason: "it was not found" }],
  ...measured([
    ...loadSamples("32B-1", { c: [10], deno: [20] }),
    ...loadSamples("32B-64", { c: [10], deno: [10] }),
    ...loadSamples("clients-10000", { c: [10], deno: [12] }),
    startOf("c", 1),
    startOf("deno", 1),
  ]),
});

function rowsOf({ rows }: Results): string[] {
  return rows.map(({ subject, of }) => `${subject} ${of}`);
}

function costGoals({ goals }: Results): unknown[] {
  return goals.filter(({ figure }) => figure.startsWith("CPU, us")).map(({ subject, value, isMet }) => {
    return [subject, value, isMet];
  });
}

Deno.test("updateResults() replaces what was measured again, and keeps everything else and the goals of both", () => {
  const fresh = resultsWith({
    time: "2026-11-26T12:00:00.000Z",
    versions: { deno: "2.9.7" },
    ...measured([
      ...loadSamples("32B-1000", { c: [10], deno: [5] }),
      ...loadSamples("32B-1", { c: [10], deno: [10] }),
      startOf("c", 3),
    ]),
  });
  const names = ["32B-1000", "32B-1", "starts", "departures"];
  const updated = updateResults(OLD, fresh, names);
  assertEquals(updated.time, OLD.time);
  assertEquals(updated.updates, [{ time: fresh.time, setup: fresh.setup, names }]);
  const elsewhere = updateResults(OLD, { ...fresh, machine: "Pascaline" }, names);
  assertEquals(elsewhere.updates.map(({ machine }) => machine), ["Pascaline"]);
  assertEquals(updated.versions, { deno: "2.9.7", nats: "2" });
  assertEquals(updated.leftOut, [{ name: "python", reason: "it was not found" }]);
  assertEquals(rowsOf(updated), [
    "32B-1 c",
    "32B-1 deno",
    "32B-64 c",
    "32B-64 deno",
    "32B-1000 c",
    "32B-1000 deno",
    "clients-10000 c",
    "clients-10000 deno",
    "starts c",
  ]);
  assertEquals(updated.rows.at(-1)?.figures, { ms: 3 });
  assertEquals(costGoals(updated), [
    ["32B-1", 1, true],
    ["32B-64", 1, true],
    ["32B-1000", 0.5, true],
    ["clients-10000", 1.2, false],
    ["clients-10000 / 32B-64", 1.2, true],
  ]);
});

Deno.test("updateResults() keeps a comparison of two cases when only one of them was measured again", () => {
  const fresh = resultsWith(measured(loadSamples("clients-10000", { c: [10], deno: [99] })));
  assertEquals(costGoals(updateResults(OLD, fresh, ["clients-10000"])).slice(-2), [
    ["clients-10000 / 32B-64", 1.2, true],
    ["clients-10000", 9.9, false],
  ]);
});
