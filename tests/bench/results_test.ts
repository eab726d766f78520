import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BenchError } from "../../bench/error.ts";
import { figuresOf } from "../../bench/goals.ts";
import { plotsOf } from "../../bench/plots.ts";
import { replaceResults, resultsText } from "../../bench/readme.ts";
import { checkPlausible, parseResults, type Results, RESULTS_FORMAT } from "../../bench/results.ts";
import { caseNamed, runWith } from "./bench_runs.ts";

const RUNS = { c: [runWith(10), runWith(20), runWith(30)], deno: [runWith(5), runWith(10), runWith(60)] };

const RESULTS: Results = {
  format: RESULTS_FORMAT,
  time: "2026-11-25T12:00:00.000Z",
  machine: { processor: "Abacus", cores: 2, memoryBytes: 4 * 2 ** 30, kernel: "Linux 6" },
  versions: { deno: "2.9.6" },
  updates: [],
  leftOut: [{ name: "python", reason: "python3 was not found" }],
  setup: { pinning: { queueCores: "0", loadCores: "1" }, rounds: 3, warmupMs: 1, measureMs: 2, isShort: false },
  cases: [{
    case: caseNamed("32B-64"),
    figures: { c: figuresOf(RUNS.c), deno: figuresOf(RUNS.deno) },
    cpuRatios: { c: { median: 1, min: 1, max: 1 }, deno: { median: 0.5, min: 0.5, max: 2 } },
    runs: RUNS,
  }],
  threads: [],
  starts: [],
  idleClients: [],
  departures: [],
  collections: [],
  peerCosts: [{ role: "client", peer: "pyzmq", concurrency: 32, cpuUs: [25, 24, 27] }],
  overload: [],
  redelivery: {},
  goals: [{
    queue: "deno",
    subject: "32B-64",
    figure: "CPU, us / c",
    value: { median: 0.5, min: 0.5, max: 2 },
    goal: { atMost: 1 },
    isMet: true,
  }],
};

Deno.test("parseResults() reads what was written", () => {
  assertEquals(parseResults(JSON.stringify(RESULTS)), RESULTS);
});

Deno.test("parseResults() throws when the results are of another version", () => {
  assertThrows(() => parseResults(JSON.stringify({ ...RESULTS, format: RESULTS_FORMAT - 1 })), BenchError, "run deno");
  assertThrows(() => parseResults("null"), BenchError, "run deno");
});

Deno.test("checkPlausible() takes good results", () => {
  assertEquals(checkPlausible(RESULTS), undefined);
});

Deno.test("checkPlausible() names a figure that is no number", () => {
  const departures = [{ queue: "deno", backlog: 1000, us: [1, NaN] }];
  assertThrows(() => checkPlausible({ ...RESULTS, departures }), BenchError, "departures.0.us.1 is NaN");
});

Deno.test("checkPlausible() names a run that took no time or answered nothing", () => {
  const cases = RESULTS.cases.map((result) => ({ ...result, runs: { deno: [{ ...runWith(5), requests: 0 }] } }));
  assertThrows(() => checkPlausible({ ...RESULTS, cases }), BenchError, "deno has 0 requests in the case 32B-64");
});

Deno.test("resultsText() shows machine, medians with their ends, goals and what was left out", () => {
  const text = resultsText(RESULTS, [{ file: "plots/cpu.svg", description: "CPU" }]);
  assertStringIncludes(text, "2026-11-25, Abacus, 2 cores, 4 GiB of memory, Linux 6; 3 rounds of 2 ms each.");
  assertStringIncludes(text, "| 32B-64 | 20.0 (10.0-30.0) | 10.0 (5.00-60.0) |");
  assertStringIncludes(text, "Goals, 1 of 1 met:");
  assertStringIncludes(text, "| 32B-64 | deno | CPU, us / c | 0.50 (0.50-2.00) | <= 1.00 | met |");
  assertStringIncludes(text, "- python: python3 was not found");
  assertStringIncludes(text, "![CPU](plots/cpu.svg)");
  assertStringIncludes(text, "| client: pyzmq | 32 | 25.0 (24.0-27.0) |");
});

Deno.test("replaceResults() replaces what is between the markers, again and again", () => {
  const readme = "before\n\n<!-- results: written by deno task bench:report -->\nold\n<!-- end of results -->\nafter\n";
  const once = replaceResults(readme, "new");
  assertStringIncludes(once, "before");
  assertStringIncludes(once, "report -->\n\nnew\n\n<!-- end of results -->\nafter");
  assertEquals(once.includes("old"), false);
  assertEquals(replaceResults(once, "new"), once);
});

Deno.test("replaceResults() throws when there is no place for results", () => {
  assertThrows(() => replaceResults("# Benchmark\n", "new"), BenchError, "no place for results");
});

Deno.test("plotsOf() draws the queues' medians beside the C queue's, and nothing that was not measured", () => {
  const plots = plotsOf(RESULTS);
  assertEquals(plots.map(({ name }) => name), ["cpu", "requests"]);
  assertStringIncludes(JSON.stringify(plots[0]?.chart.option), '"data":[[0.5,"32B-64"]]');
});
