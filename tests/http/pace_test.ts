import { assertEquals } from "@std/assert";
import { CONNECTIONS_A_SECOND, CONNECTIONS_AT_ONCE, Pace } from "../../lib/http/pace.ts";

/** How many connections a pace lets in at once. */
function atOnce(pace: Pace, now: number): number {
  let count = 0;
  while (pace.next(now) === 0) count++;
  return count;
}

Deno.test("Pace lets many connections in at once, and then one after the other", () => {
  const pace = new Pace();
  const startMs = 1_000_000;
  assertEquals(atOnce(pace, startMs), CONNECTIONS_AT_ONCE);
  // The one that came last waits for its turn, and so does the next one, which comes then.
  const intervalMs = 1000 / CONNECTIONS_A_SECOND;
  assertEquals(pace.next(startMs + intervalMs), intervalMs);
  assertEquals(pace.next(startMs + 2 * intervalMs), intervalMs);
});

Deno.test("Pace saves up unused connections, but no more than may come at once", () => {
  const pace = new Pace();
  atOnce(pace, 0);
  pace.next(1000);
  assertEquals(atOnce(pace, 11_000), 10 * CONNECTIONS_A_SECOND + CONNECTIONS_A_SECOND - 2);
  assertEquals(atOnce(pace, 10_000_000), CONNECTIONS_AT_ONCE);
});
