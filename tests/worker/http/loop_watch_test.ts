import { assertEquals } from "@std/assert";
import { LoopWatch, TURN_INTERVAL_MS } from "../../../lib/worker/http/loop_watch.ts";

Deno.test("LoopWatch says that the loop is not alive when it has not turned for more than 10 s, and how late it is", () => {
  let now = 0;
  const watch = new LoopWatch(() => now);
  assertEquals([watch.deadReason, watch.delayMs], [undefined, 0]);
  now = 10_000;
  assertEquals(watch.deadReason, undefined);
  now = 10_600;
  assertEquals(watch.deadReason, "the event loop has not turned for 11 s");
  watch.turn();
  assertEquals([watch.deadReason, watch.delayMs], [undefined, 9600]);
  now += TURN_INTERVAL_MS;
  watch.turn();
  assertEquals([watch.deadReason, watch.delayMs], [undefined, 0]);
});
