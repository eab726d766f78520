import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { fuzzBroker } from "./broker_world.ts";

/** Some 300 events each; `deno run tests/long/fuzz.ts` takes as many as it is told. */
const WORLDS = 1500;

Deno.test("Broker does what its model does when anything happens in any order", () => {
  const { events, counters, ordersChanged, longestNewestFirst } = fuzzBroker(WORLDS);
  // What was not met was not tested.
  assertEquals(Object.entries(counters).filter(([, count]) => count === 0), []);
  assertGreaterOrEqual(events, 100 * WORLDS);
  assertGreaterOrEqual(ordersChanged, WORLDS / 50);
  // Enough for the oldest to have had its turn.
  assertGreaterOrEqual(longestNewestFirst, 64);
});
