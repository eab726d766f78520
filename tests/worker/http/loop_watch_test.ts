import { assertEquals } from "@std/assert";
import { LoopWatch, TURN_INTERVAL_MS } from "../../../lib/worker/http/loop_watch.ts";

Deno.test("LoopWatch says that the loop did not turn for more than 10 s, also to those who have asked meanwhile", () => {
  let now = 0;
  const watch = new LoopWatch(() => now);
  assertEquals([watch.deadReason, watch.delayMs], [undefined, 0]);
  now = 10_000;
  assertEquals(watch.deadReason, undefined);
  now = 10_600;
  assertEquals(watch.deadReason, "the event loop did not turn for 11 s");
  watch.turn();
  assertEquals([watch.deadReason, watch.delayMs], ["the event loop did not turn for 11 s", 9600]);
  now += TURN_INTERVAL_MS;
  watch.turn();
  assertEquals([watch.deadReason, watch.delayMs], [undefined, 0]);
});
