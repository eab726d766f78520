import { assertEquals } from "@std/assert";
import { judge, valuesOf } from "../../../bench/report/goals.ts";
import { ratiosOf } from "../../../bench/report/statistics.ts";

const ABOUT = { of: "spclient", subject: "peer-costs", figure: "CPU" };

Deno.test("judge() judges by the median", () => {
  assertEquals(judge(ABOUT, ratiosOf([10, 30, 20], [10, 15, 40]), { atMost: 1 }), [
    { ...ABOUT, value: { median: 1, min: 0.5, max: 2 }, goal: { atMost: 1 }, isMet: true },
  ]);
  assertEquals(judge(ABOUT, [80], { atMost: 100 }).map(({ value, isMet }) => [value, isMet]), [[80, true]]);
  assertEquals(judge(ABOUT, [80], { atLeast: 100 }).map(({ isMet }) => isMet), [false]);
});

Deno.test("judge() has no result without values", () => {
  assertEquals(judge(ABOUT, ratiosOf([14], []), { atMost: 1 }), []);
});

Deno.test("valuesOf() finds a figure's values, and none if it was not measured", () => {
  const samples = [{ subject: "peer-costs", of: "spclient", figures: { CPU: [1, 2] } }];
  assertEquals(valuesOf(samples, ABOUT), [1, 2]);
  assertEquals(valuesOf(samples, { ...ABOUT, of: "pyzmq" }), []);
  assertEquals(valuesOf(samples, { ...ABOUT, figure: "memory" }), []);
});
