/**
 * Compares the broker with its model: `deno task fuzz [WORLDS [SEED]]`. CI runs it as it is.
 *
 * @module
 */

import { writeOutput } from "../../lib/standard_output.ts";
import { fuzzBroker } from "../queue/broker/broker_fuzz.ts";

/** How many worlds there are if no number is given; a world has some 280 events. */
const WORLDS = 5000;

if (import.meta.main) {
  const [worlds = WORLDS, seed] = Deno.args.map(Number);
  const coverage = fuzzBroker(worlds, seed);
  writeOutput(JSON.stringify(coverage, null, 2) + "\n");
}
