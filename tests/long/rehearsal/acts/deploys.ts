/**
 * A deploy of the workers: each is stopped with SIGTERM, and a new one started.
 *
 * @module
 */

import { demand } from "../../../faults/fault.ts";
import type { Act } from "../act.ts";

/** A deploy, one worker after another. */
export const deploys: Act = {
  name: "deploys",
  play: async (production) => {
    const { totals, queue } = production;
    const retries = production.ourRetries;
    const before = (await queue.status()).account;
    let stopped = 0;
    for (const workers of production.workers) {
      for (let index = 0; index < workers.programs.length; index++, stopped++) {
        const old = workers.programs[index]!;
        workers.replace(index, "SIGTERM");
        const { code } = await old.exit;
        demand(code === 0, "A worker finishes its job and exits with 0", { code, stderr: old.stderr.slice(-1000) });
        await workers.programs[index]!.event("worker ready");
      }
    }
    await production.everybodyAnswered();
    const { account } = await queue.status();
    const exhausted = account.exhausted - before.exhausted;
    const again = production.ourRetries - retries;
    demand(exhausted === 0, "A deploy exhausts no request", account);
    demand(again === 0, "No client has to send again because of a deploy", { again });
    return `${stopped} workers stopped and started anew, each exited with 0; ` +
      `${production.totals.answered - totals.answered} requests answered meanwhile, none sent again`;
  },
};
