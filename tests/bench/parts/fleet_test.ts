import { assertEquals } from "@std/assert";
import { fleet } from "../../../bench/parts/fleet.ts";

Deno.test("fleet judges the cost of a link to a queue's own requests, separately for each load", () => {
  const sampleOf = (of: string, load: string, us: number[]) => {
    return { subject: "link-local", of, labels: { load }, figures: { "CPU, us": us } };
  };
  const [one, many] = ["32 B, 1 outstanding", "32 B, 64 outstanding"] as const;
  const goals = fleet.goals?.([
    sampleOf("deno", one, [50, 40]),
    sampleOf("deno --nats", one, [50, 40]),
    sampleOf("deno", many, [20]),
    sampleOf("deno --nats", many, [22]),
  ]) ?? [];
  assertEquals(goals.map(({ of, figure, value, isMet }) => [of, figure, value, isMet]), [
    ["deno --nats", "CPU, us / without, 32 B, 1 outstanding", 1, true],
    ["deno --nats", "CPU, us / without, 32 B, 64 outstanding", 1.1, false],
  ]);
  assertEquals(fleet.goals?.([sampleOf("deno", one, [50])]), []);
});
