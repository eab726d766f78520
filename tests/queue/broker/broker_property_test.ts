import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { fuzzBroker } from "./broker_fuzz.ts";

/** `deno task fuzz` runs more. */
const WORLDS = 1500;

Deno.test("Broker does what its model does when anything happens in any order", () => {
  const { events, counters, ordersChanged, newcomers, longestNewestFirst } = fuzzBroker(WORLDS);
  // What did not happen was not tested.
  assertEquals(Object.entries(counters).filter(([, count]) => count === 0), []);
  assertGreaterOrEqual(events, 100 * WORLDS);
  assertGreaterOrEqual(ordersChanged, WORLDS / 50);
  assertGreaterOrEqual(newcomers, WORLDS / 50);
  // Enough for the oldest request to have had its turn.
  assertGreaterOrEqual(longestNewestFirst, 64);
});
