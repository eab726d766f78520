import { assertEquals, assertStringIncludes } from "@std/assert";
import { resultsMarkdown } from "../../../bench/report/markdown.ts";
import { picturesOf } from "../../../bench/report/plots.ts";
import { parseResults, rowOf } from "../../../bench/report/results.ts";
import { ROOT } from "../../harness/capabilities.ts";
import { scenario } from "../../harness/scenario.ts";
import { loadSamples, resultsWith } from "../bench_runs.ts";

Deno.test("resultsMarkdown() shows machine, medians with their extremes, goals and what was left out", () => {
  const about = { subject: "32B-64", of: "deno", figure: "CPU, us / c" };
  const text = resultsMarkdown(
    resultsWith({
      rows: [
        ...loadSamples("32B-64", { c: [10, 20, 30], deno: [5, 10, 60] }).map(rowOf),
        rowOf({
          subject: "peer-costs",
          of: "client: pyzmq",
          labels: { "at once": "32" },
          figures: { CPU: [25, 24, 27] },
        }),
      ],
      goals: [{ ...about, value: { median: 0.5, min: 0.5, max: 2 }, goal: { atMost: 1 }, isMet: true }],
      leftOut: [{ name: "python", reason: "python3 was not found" }, {
        name: "nats",
        subject: "32B-1",
        reason: "it\nfailed",
      }],
    }),
    [{ file: "plots/cpu.svg", description: "CPU" }],
  );
  assertStringIncludes(text, "2026-11-25, Abacus, 2 cores, 4 GiB of memory, Linux 6; 3 rounds of 2 ms.");
  assertStringIncludes(text, "`32B-64`: 32 B, 64 outstanding, 16 workers, 64 clients; queue and load on one core.");
  assertStringIncludes(text, "| c    |       1000 | 20.0 (10.0-30.0) |");
  assertStringIncludes(text, "| deno |       1000 | 10.0 (5.00-60.0) |");
  assertStringIncludes(text, "1 of 1 goals met.");
  assertStringIncludes(text, "| 32B-64 | deno | CPU, us / c | 0.50 (0.50-2.00) | <= 1.00 | met |");
  assertStringIncludes(text, "- python: python3 was not found\n- nats in 32B-1: it failed");
  assertStringIncludes(text, "![CPU](plots/cpu.svg)");
  assertStringIncludes(text, "| client: pyzmq |      32 | 25.0 (24.0-27.0) |");
});

scenario("RESULTS.md is the report of results.json", ["files"], async () => {
  const read = (name: string) => Deno.readTextFile(new URL(`bench/${name}`, ROOT));
  const results = parseResults(await read("results.json"));
  assertEquals(await read("RESULTS.md"), resultsMarkdown(results, picturesOf(results)));
});
