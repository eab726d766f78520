import { assertEquals } from "@std/assert";
import { departures } from "../../../bench/parts/departures.ts";

Deno.test("departures compares the long backlog with the short one round by round", () => {
  const sampleOf = (backlog: string, us: number[]) => {
    return { subject: "departures", of: "deno", labels: { backlog }, figures: { "CPU, us a departure": us } };
  };
  const goals = departures.goals?.([sampleOf("10000", [10, 10, 20]), sampleOf("100000", [12, 10, 60])]) ?? [];
  assertEquals(goals.map(({ of, value, isMet }) => [of, value, isMet]), [
    ["deno", { median: 1.2, min: 1, max: 3 }, true],
  ]);
  assertEquals(departures.goals?.([sampleOf("10000", [10])]), []);
});
