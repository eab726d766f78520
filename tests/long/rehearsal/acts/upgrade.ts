/**
 * The queue is upgraded: it drains, and another one takes its place.
 *
 * @module
 */

import { delay } from "../../../../lib/delay.ts";
import { demand } from "../../../faults/fault.ts";
import { type Act, seconds } from "../act.ts";
import { type Production, SLOTS } from "../production.ts";
import type { RunningQueue } from "../running_queue.ts";

/** What docs/guarantees.md promises of a restarted queue, three times. */
const BACK_WITHIN_MS = 3 * 5000;
const LOOK_EVERY_MS = 100;

/** As a package does it: SIGTERM, the end, and a new start. */
export const upgrade: Act = {
  name: "upgrade",
  play: async (production) =>
    await replace(production, [], async (start, endOld) => {
      await endOld();
      return start();
    }),
};

/** Without a service manager: the new queue starts beside the old one, and listens as soon as that has let go. */
export const upgradeBeside: Act = {
  name: "upgrade-beside",
  play: async (production) =>
    await replace(production, ["--wait-for-ports", "60s"], async (start, endOld) => {
      const queue = start();
      await queue.log.event("waiting for ports");
      await endOld();
      return queue;
    }),
};

async function replace(
  production: Production,
  args: readonly string[],
  order: (start: () => RunningQueue, endOld: () => Promise<void>) => Promise<RunningQueue>,
): Promise<string> {
  const { totals } = production;
  const retries = production.ourRetries;
  let endedAtMs = 0;
  let listenedAfterMs = 0;
  let backAfterMs = 0;
  await production.replaceQueue(args, async (start, old) => {
    const queue = await order(start, async () => {
      const end = await old.end();
      endedAtMs = old.endedAtMs;
      production.ends.push(end);
      demand(end.leftAtDrain === 0, "A drain leaves nothing", end);
    });
    await queue.listening();
    listenedAfterMs = performance.now() - endedAtMs;
    while (await queue.usableWorkers() < SLOTS) await delay(LOOK_EVERY_MS);
    backAfterMs = performance.now() - endedAtMs;
  });
  const timesMs = { listenedAfterMs, backAfterMs };
  demand(backAfterMs - listenedAfterMs < BACK_WITHIN_MS, "A new queue has its workers back in time", timesMs);
  await production.everybodyAnswered();
  return `the old queue drained and exited with 0; the new one listened ${seconds(listenedAfterMs)} later ` +
    `and had all workers after ${seconds(backAfterMs)}; ${production.totals.answered - totals.answered} requests ` +
    `answered meanwhile, of which our clients sent ${production.ourRetries - retries} again`;
}
