import { assertEquals } from "@std/assert";
import { starts } from "../../../bench/parts/starts.ts";

Deno.test("starts judges our binary's start, and its memory beside an empty program's", () => {
  const sampleOf = (of: string, start: number, resident: number) => {
    return { subject: "starts", of, figures: { "start to listening, ms": [start], "resident idle, MiB": [resident] } };
  };
  const samples = [sampleOf("binary", 90, 75), sampleOf("deno", 200, 60)];
  assertEquals(starts.goals?.(samples).map(({ value, isMet }) => [value, isMet]), [[90, true]]);
  const goals = starts.goals?.([...samples, sampleOf("empty program", 20, 50)]) ?? [];
  assertEquals(goals.map(({ of, value, isMet }) => [of, value, isMet]), [["binary", 90, true], ["binary", 1.5, false]]);
});
