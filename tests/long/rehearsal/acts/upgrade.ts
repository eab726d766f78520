/**
 * The queue is upgraded: it drains, and another one starts.
 *
 * @module
 */

import { delay } from "../../../../lib/delay.ts";
import { demand } from "../../../faults/fault.ts";
import { type Act, seconds } from "../act.ts";
import { SLOTS } from "../production.ts";

/** What docs/guarantees.md promises of a restarted queue, three times. */
const BACK_WITHIN_MS = 3 * 5000;
const LOOK_EVERY_MS = 100;

/** As a package does it: SIGTERM, the end, and a new start. */
export const upgrade: Act = {
  name: "upgrade",
  play: async (production) => {
    const { totals } = production;
    const retries = production.ourRetries;
    let downMs = 0;
    let backMs = 0;
    await production.replaceQueue([], async (start, old) => {
      const end = await old.end();
      production.ends.push(end);
      demand(end.leftAtDrain === 0, "A drain leaves nothing", end);
      const startMs = performance.now();
      const queue = start();
      await queue.listening();
      downMs = performance.now() - startMs;
      while (await queue.usableWorkers() < SLOTS) await delay(LOOK_EVERY_MS);
      backMs = performance.now() - startMs;
    });
    demand(backMs - downMs < BACK_WITHIN_MS, "A new queue has its workers back in time", { downMs, backMs });
    await production.everybodyAnswered();
    return `the old queue drained and exited with 0; the new one listened after ${seconds(downMs)} ` +
      `and had all workers after ${seconds(backMs)}; ${production.totals.answered - totals.answered} requests ` +
      `answered meanwhile, of which our clients sent ${production.ourRetries - retries} again`;
  },
};
