import { assertEquals, assertThrows } from "@std/assert";
import { checkPlausible, parseResults, RESULTS_FORMAT, resultsJson, rowOf } from "../../../bench/report/results.ts";
import { BenchError } from "../../../bench/run/error.ts";
import { loadSamples, resultsWith } from "../bench_runs.ts";

const ROWS = loadSamples("32B-64", { c: [10, 20, 30], deno: [5, 10, 60] }).map(rowOf);
const RESULTS = resultsWith({ rows: ROWS, leftOut: [{ name: "python", reason: "python3 was not found" }] });

Deno.test("rowOf() keeps the median and extremes, or the one value if all are equal, and leaves out rows without values", () => {
  const figures = { CPU: [1, 3, 2], memory: [4, 4], pause: [] };
  assertEquals(rowOf({ subject: "s", of: "c", figures }).figures, { CPU: { median: 2, min: 1, max: 3 }, memory: 4 });
});

Deno.test("parseResults() reads what was written", () => {
  assertEquals(parseResults(resultsJson(RESULTS)), RESULTS);
});

Deno.test("resultsJson() has a line for each row, and no more digits than a measurement has", () => {
  const text = resultsJson(resultsWith({ rows: [{ subject: "s", of: "c", figures: { CPU: 1 / 3 } }] }));
  assertEquals(text.split("\n").filter((line) => line.startsWith('{"subject"')), [
    '{"subject":"s","of":"c","figures":{"CPU":0.3333333}}',
  ]);
});

Deno.test("parseResults() throws when the results are of another version", () => {
  const other = JSON.stringify({ ...RESULTS, format: RESULTS_FORMAT - 1 });
  assertThrows(() => parseResults(other), BenchError, "run deno");
  assertThrows(() => parseResults("null"), BenchError, "run deno");
});

Deno.test("checkPlausible() accepts good results", () => {
  assertEquals(checkPlausible(RESULTS), undefined);
});

Deno.test("checkPlausible() names a figure that is not a number", () => {
  const rows = [{ subject: "departures", of: "deno", figures: { CPU: { median: 1, min: 1, max: NaN } } }];
  assertThrows(() => checkPlausible({ rows }), BenchError, "deno in departures has NaN as its CPU");
});

Deno.test("checkPlausible() names a load that took no time or was not answered", () => {
  const rows = loadSamples("32B-64", { deno: [[5, 0]] }).map(rowOf);
  assertThrows(() => checkPlausible({ rows }), BenchError, "deno in 32B-64 has 0 as its requests/s");
});
