/**
 * Compares the broker with its model for as long as wanted: `deno run tests/long/fuzz.ts [WORLDS [SEED]]`.
 *
 * A world has 300 events on average; CI takes 7,000 worlds, some two million events.
 *
 * @module
 */

import { writeOutput } from "../../lib/standard_output.ts";
import { fuzzBroker } from "../queue/broker/broker_world.ts";

if (import.meta.main) {
  const [worlds = "10000", seed] = Deno.args;
  const coverage = fuzzBroker(Number(worlds), seed === undefined ? undefined : Number(seed));
  writeOutput(JSON.stringify(coverage, null, 2) + "\n");
}
