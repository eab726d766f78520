import { assertEquals } from "@std/assert";
import { AXIS_STEPS } from "../../../../../lib/queue/http/page/model/axis_steps.ts";
import { NumberFormat } from "../../../../../lib/queue/http/page/model/format.ts";

/** As many as an axis has. */
const LINES = [1, 2, 3, 4, 5];

Deno.test("AXIS_STEPS grow, and no two lines of an axis have the same label", () => {
  const format = new NumberFormat("en");
  const write = {
    count: (value: number) => format.count(value),
    rate: (value: number) => format.rate(value),
    ms: (value: number) => format.duration(value),
  };
  for (const unit of ["count", "rate", "ms"] as const) {
    const steps = AXIS_STEPS[unit];
    assertEquals(steps, steps.toSorted((a, b) => a - b));
    for (const step of steps) {
      const texts = LINES.map((line) => write[unit](line * step));
      assertEquals(new Set(texts).size, LINES.length, `${unit}: ${texts.join(", ")}`);
    }
  }
});
