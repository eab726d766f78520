import { assertEquals } from "@std/assert";
import { CASES } from "../../../bench/parts/cases.ts";
import { caseText, loads, queuesOf } from "../../../bench/parts/loads.ts";
import type { GoalResult } from "../../../bench/report/goals.ts";
import type { Figure, Sample } from "../../../bench/report/results.ts";
import type { QueueProgram } from "../../../bench/run/queue_process.ts";
import { loadSamples } from "../bench_runs.ts";

function goalsFor(samples: readonly Sample[], figure: string): GoalResult[] {
  return (loads.goals?.(samples) ?? []).filter((goal) => goal.figure === figure);
}

function medians(goals: readonly GoalResult[]): unknown[] {
  const median = (value: Figure) => typeof value === "number" ? value : value.median;
  return goals.map(({ of, value, isMet }) => [of, median(value), isMet]);
}

Deno.test("samplesOf() divides by the C queue round by round, not median by median", () => {
  const [, deno] = loadSamples("32B-64", { c: [10, 15, 40], deno: [10, 30, 20] });
  assertEquals(deno?.figures["CPU / c"], [1, 2, 0.5]);
});

Deno.test("samplesOf() leaves out rounds that only one queue has", () => {
  const [, deno, node] = loadSamples("32B-64", { c: [5], deno: [10, 99], node: [] });
  assertEquals(deno?.figures["CPU / c"], [2]);
  assertEquals(node?.figures, {});
  assertEquals(loadSamples("32B-64", { deno: [10] })[0]?.figures["CPU / c"], []);
});

Deno.test("loads judges each of our queues by the median, and a value at the bound meets it", () => {
  const samples = loadSamples("32B-64", {
    c: [10, 10, 10],
    deno: [10, 5, 20],
    binary: [10, 10.1, 11],
    nats: [50, 50, 50],
  });
  const goals = goalsFor(samples, "CPU, us / c");
  assertEquals(medians(goals), [["deno", 1, true], ["binary", 1.01, false]]);
  assertEquals(goals[0]?.value, { median: 1, min: 0.5, max: 2 });
});

Deno.test("loads says nothing about queues that were not measured", () => {
  assertEquals(loads.goals?.(loadSamples("32B-64", { deno: [10] })), []);
});

Deno.test("loads divides a large case by a small one", () => {
  const samples = [...loadSamples("32B-64", { deno: [10] }), ...loadSamples("clients-10000", { deno: [14] })];
  const [growth] = loads.goals?.(samples) ?? [];
  assertEquals(growth?.subject, "clients-10000 / 32B-64");
  assertEquals(medians([growth!]), [["deno", 1.4, false]]);
});

Deno.test("loads compares its generator with the fastest queue that waits for free workers, and with the cheapest queue", () => {
  const samples = loadSamples("pipelined", {
    c: [[10, 1000]],
    node: [[10, 2000]],
    nats: [[2, 9000]],
    zmq_proxy: [[10, 2400]],
  });
  assertEquals(medians(goalsFor(samples, "requests/s of zmq_proxy / of the fastest queue")), [
    ["load generator", 1.2, false],
  ]);
  assertEquals(medians(goalsFor(samples, "CPU of the load / of the cheapest queue")), [["load generator", 0.5, true]]);
});

Deno.test("queuesOf() compares variants of our queue only with the C queue and ours", () => {
  const queues = ["c", "node", "deno"].map((name): QueueProgram => {
    return { name, command: name, args: ["--a"], protocol: "zmtp", announcesOn: "stdout" };
  });
  const plain = CASES["32B-64"]!;
  assertEquals(queuesOf(queues, plain), queues);
  const chosen = queuesOf(queues, { ...plain, variants: { "deno fifo": ["--order", "fifo"] } });
  assertEquals(chosen.map(({ name, command, args }) => [name, command, args]), [
    ["c", "c", ["--a"]],
    ["deno", "deno", ["--a"]],
    ["deno fifo", "deno", ["--a", "--order", "fifo"]],
  ]);
});

Deno.test("caseText() describes load and place", () => {
  assertEquals(
    caseText(CASES["4KiB-1000"]!),
    "4 KiB, 1,000 outstanding, 16 workers, 1,000 clients; queue and load on one core",
  );
});
