/**
 * A machine with half of the workers is lost, and comes back.
 *
 * @module
 */

import { delay } from "../../../../lib/delay.ts";
import { within } from "../../../harness/deadline.ts";
import { type Act, seconds } from "../act.ts";

/** What docs/guarantees.md promises, three times. */
const NOTICED_WITHIN_MS = 3 * 15_000;
const LOOK_EVERY_MS = 250;

/** Its wire is cut, or where that is not possible all its programs are stopped. */
export const lostMachine: Act = {
  name: "lost-machine",
  play: async (production) => {
    const [, machine] = production.workerMachines;
    const { queue } = production;
    const before = await queue.usableWorkers();
    const start = performance.now();
    await machine.lose();
    try {
      const noticed = production.settings.ownNetwork
        // The connections end. Half of the workers are left.
        ? until(async () => (await queue.status()).workers.total <= before / 2)
        // They stay, as the machine still answers; jobs are taken from them.
        : until(async () => await queue.usableWorkers() <= before / 2);
      await within(noticed, () => "the queue to notice the loss", NOTICED_WITHIN_MS);
      const noticedMs = performance.now() - start;
      await production.everybodyAnswered();
      await machine.restore();
      await within(until(async () => await queue.usableWorkers() === before), () => "all workers to be back");
      const backMs = performance.now() - start - noticedMs;
      await production.everybodyAnswered();
      const how = production.settings.ownNetwork ? "wire cut" : "programs stopped";
      return `${how}: noticed after ${seconds(noticedMs)}, all clients served by the other machine, ` +
        `its workers back ${seconds(backMs)} after it was`;
    } finally {
      await machine.restore();
    }
  },
};

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo()) await delay(LOOK_EVERY_MS);
}
