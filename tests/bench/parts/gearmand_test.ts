import { assertEquals } from "@std/assert";
import { besideGearmand } from "../../../bench/parts/gearmand.ts";

Deno.test("besideGearmand compares our requests/s with gearmand's, on one shared core and on a core each", () => {
  const sampleOf = (of: string, cores: string, pace: number[]) => {
    return { subject: "gearmand", of, labels: { cores }, figures: { "requests/s": pace } };
  };
  const samples = [
    sampleOf("gearmand", "on one core", [100, 100]),
    sampleOf("deno", "on one core", [110, 90]),
    sampleOf("c", "on one core", [50, 50]),
    sampleOf("gearmand", "on a core each", [100]),
    sampleOf("deno", "on a core each", [80]),
  ];
  const goals = besideGearmand.goals?.(samples) ?? [];
  assertEquals(goals.map(({ of, figure, value, isMet }) => [of, figure, value, isMet]), [
    ["deno", "requests/s / gearmand, on one core", { median: 1, min: 0.9, max: 1.1 }, true],
    ["deno", "requests/s / gearmand, on a core each", 0.8, false],
  ]);
  assertEquals(besideGearmand.goals?.([sampleOf("deno", "on one core", [100])]), []);
});
