import { assertEquals } from "@std/assert";
import { boundText, figureText, goalText } from "../../bench/table.ts";

Deno.test("figureText() shows as many digits as count", () => {
  assertEquals([31104.4, 100, 20.65, 9.996, 0.054, 0].map(figureText), ["31104", "100", "20.6", "10.00", "0.05", "0"]);
  assertEquals(figureText(undefined), "-");
});

Deno.test("boundText() and goalText() show the bound, and whether it was met", () => {
  assertEquals(boundText({ atMost: 1.1 }, 2), "<= 1.10");
  assertEquals(goalText({ atLeast: 32 }, false, 0), ">= 32 MISSED");
  assertEquals(goalText(undefined, undefined, 0), "-");
});
