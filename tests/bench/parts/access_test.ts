import { assertEquals } from "@std/assert";
import { access } from "../../../bench/parts/access.ts";

Deno.test("access compares the 99th percentile with 100 strangers per second to that without any", () => {
  const sampleOf = (strangers: string, us: number[]) => {
    return { subject: "strangers", of: "deno --keys", labels: { strangers }, figures: { "p99, us": us } };
  };
  const samples = [sampleOf("0/s", [100, 100]), sampleOf("100/s", [150, 310]), sampleOf("1000/s", [9000, 9000])];
  const goals = access.goals?.(samples) ?? [];
  assertEquals(goals.map(({ of, value, isMet }) => [of, value, isMet]), [
    ["deno --keys", { median: 2.3, min: 1.5, max: 3.1 }, false],
  ]);
  assertEquals(access.goals?.([sampleOf("0/s", [100])]), []);
});
