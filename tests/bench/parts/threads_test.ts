import { assertEquals } from "@std/assert";
import { threadSamples } from "../../../bench/parts/threads.ts";

Deno.test("threadSamples() sums up threads of one name, and leaves out those that do next to nothing", () => {
  const samples = threadSamples("32B-1", "deno", [
    { name: "V8 Worker", cpuUs: 0.04, switches: 1 },
    { name: "a queue", cpuUs: 1.5, switches: 0.5 },
    { name: "V8 Worker", cpuUs: 2, switches: 2 },
    { name: "deno", cpuUs: 0.01, switches: 9 },
  ]);
  const about = { subject: "threads", of: "32B-1" };
  assertEquals(samples, [
    {
      ...about,
      labels: { queue: "deno", thread: "V8 Worker" },
      figures: { "CPU, us a request": [2.04], "switches a request": [3] },
    },
    {
      ...about,
      labels: { queue: "deno", thread: "a queue" },
      figures: { "CPU, us a request": [1.5], "switches a request": [0.5] },
    },
  ]);
});
