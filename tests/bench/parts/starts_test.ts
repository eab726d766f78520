import { assertEquals } from "@std/assert";
import { starts } from "../../../bench/parts/starts.ts";

Deno.test("starts judges our binary's start and memory", () => {
  const sampleOf = (of: string, start: number, resident: number) => {
    return { subject: "starts", of, figures: { "start to listening, ms": [start], "resident idle, MiB": [resident] } };
  };
  const goals = starts.goals?.([sampleOf("binary", 90, 75), sampleOf("deno", 200, 60)]) ?? [];
  assertEquals(goals.map(({ of, value, isMet }) => [of, value, isMet]), [["binary", 90, true], ["binary", 75, false]]);
  assertEquals(starts.goals?.([sampleOf("deno", 90, 60)]), []);
});
