/**
 * Compares the broker with its model, and checks links between queues in simulated worlds: `deno task fuzz [WORLDS [SEED]]`.
 * CI runs it as it is.
 *
 * @module
 */

import { writeOutput } from "../../lib/standard_output.ts";
import { fuzzBroker } from "../queue/broker/broker_fuzz.ts";
import { fuzzLink } from "../queue/link/link_fuzz.ts";

/** How many worlds there are if no number is given; a world has some 280 events. */
const WORLDS = 5000;
/** For each of these worlds there is one of linked queues in so many, which take longer. */
const WORLDS_PER_LINKED = 20;

if (import.meta.main) {
  const [worlds = WORLDS, seed] = Deno.args.map(Number);
  const coverage = {
    broker: fuzzBroker(worlds, seed),
    link: fuzzLink(Math.ceil(worlds / WORLDS_PER_LINKED), seed),
  };
  writeOutput(JSON.stringify(coverage, null, 2) + "\n");
}
