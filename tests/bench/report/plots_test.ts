import { assertEquals, assertStringIncludes } from "@std/assert";
import { plotsOf } from "../../../bench/report/plots.ts";
import { rowOf } from "../../../bench/report/results.ts";
import { loadSamples } from "../bench_runs.ts";

Deno.test("plotsOf() draws the queues' medians next to the C queue's, and nothing that was not measured", () => {
  const rows = loadSamples("32B-64", { c: [10, 20, 30], deno: [5, 10, 60] }).map(rowOf);
  const plots = plotsOf({ rows });
  assertEquals(plots.map(({ name }) => name), ["cpu", "requests"]);
  assertStringIncludes(JSON.stringify(plots[0]?.chart.option), '"data":[[0.5,"32B-64"]]');
});
