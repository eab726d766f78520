import { assertEquals } from "@std/assert";
import { caseGoals, generatorGoals, growthGoals, ratioGoal, ratioOf, valueGoal } from "../../bench/goals.ts";
import { caseNamed, runWith } from "./bench_runs.ts";

Deno.test("ratioOf() divides round by round, not median by median", () => {
  const spread = ratioOf("queueCpuUs", [runWith(10), runWith(30), runWith(20)], [
    runWith(10),
    runWith(15),
    runWith(40),
  ]);
  assertEquals(spread, { median: 1, min: 0.5, max: 2 });
});

Deno.test("ratioOf() leaves out rounds that only one queue has", () => {
  assertEquals(ratioOf("queueCpuUs", [runWith(10), runWith(99)], [runWith(5)]), { median: 2, min: 2, max: 2 });
  assertEquals(ratioOf("queueCpuUs", [runWith(10)], undefined), undefined);
});

Deno.test("caseGoals() judges each of our queues by the median, and the bound itself is met", () => {
  const chosen = caseNamed("32B-64", [{ figure: "queueCpuUs", against: "c", goal: { atMost: 1 } }]);
  const runs = new Map([
    ["c", [runWith(10), runWith(10), runWith(10)]],
    ["deno", [runWith(10), runWith(5), runWith(20)]],
    ["binary", [runWith(10), runWith(10.1), runWith(11)]],
    ["nats", [runWith(50), runWith(50), runWith(50)]],
  ]);
  const goals = caseGoals({ case: chosen, runs });
  assertEquals(goals.map(({ queue, figure, isMet }) => [queue, figure, isMet]), [
    ["deno", "CPU, us / c", true],
    ["binary", "CPU, us / c", false],
  ]);
  assertEquals(goals[0]?.value, { median: 1, min: 0.5, max: 2 });
});

Deno.test("caseGoals() says nothing about queues that were not measured", () => {
  const chosen = caseNamed("32B-64", [{ figure: "queueCpuUs", against: "node", goal: { atMost: 0.35 } }]);
  assertEquals(caseGoals({ case: chosen, runs: new Map([["deno", [runWith(10)]]]) }), []);
});

Deno.test("growthGoals() divides a large case by a small one", () => {
  const cases = [
    { case: caseNamed("32B-64"), runs: new Map([["deno", [runWith(10)]]]) },
    { case: caseNamed("clients-10000"), runs: new Map([["deno", [runWith(14)]]]) },
  ];
  assertEquals(growthGoals(cases).map(({ value, isMet }) => [value.median, isMet]), [[1.4, false]]);
});

Deno.test("generatorGoals() looks at the fastest queue that waits for free workers, and at the cheapest of all", () => {
  const runs = new Map([
    ["c", [runWith(10, 1000)]],
    ["gearmand", [runWith(10, 2000)]],
    ["nats", [runWith(2, 9000)]],
    ["zmq_proxy", [runWith(10, 2400)]],
  ]);
  const goals = generatorGoals([{ case: caseNamed("pipelined"), runs }]);
  // The load costs 1 us a request in every run.
  assertEquals(goals.map(({ value, isMet }) => [value.median, isMet]), [[1.2, false], [0.5, true]]);
});

Deno.test("ratioGoal() divides round by round", () => {
  const about = { queue: "spclient", subject: "peer-costs", figure: "CPU" };
  const goals = ratioGoal(about, { values: [10, 30, 20], references: [10, 15, 40], goal: { atMost: 1 } });
  assertEquals(goals, [{ ...about, value: { median: 1, min: 0.5, max: 2 }, goal: { atMost: 1 }, isMet: true }]);
});

Deno.test("ratioGoal() and valueGoal() need all their values", () => {
  const about = { queue: "binary", subject: "starts", figure: "ms" };
  assertEquals(ratioGoal(about, { values: [14], references: undefined, goal: { atMost: 1 } }), []);
  assertEquals(valueGoal(about, undefined, { atMost: 1 }), []);
  assertEquals(valueGoal(about, [80], { atMost: 100 }).map(({ value, isMet }) => [value.median, isMet]), [[80, true]]);
});
