/**
 * Two queues with the same workers and clients; one or the other is killed and restarted, again and again.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import type { Fault, Figures } from "./fault.ts";
import { restart } from "./killed_queues.ts";
import { OurClients } from "./our_clients.ts";
import { OurWorkers } from "./our_workers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 6;
const WORKERS = 3;
const WORK_MS = 10;
/** Between two kills both queues live for at least this time, and for at most twice this time. */
const CALM_MS = 600;
const TIMEOUT_MS = 800;
const TRIES = 5;

/** Two queues, one of which is missing at times. */
export const twoQueues: Fault = {
  name: "two-queues",
  guarantee: "two queues leave no request unanswered, and keep all workers, when one of them is killed at any time",
  needs: ["programs"],
  testMs: 15_000,
  testsBinaries: true,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    const queues = [await startQueue(["--log-format", "json"]), await startQueue(["--log-format", "json"])];
    try {
      await using workers = new OurWorkers(queues.map(({ backend }) => backend), WORKERS, WORK_MS);
      await workers.ready();
      const options = { timeoutMs: TIMEOUT_MS, tries: TRIES };
      await using clients = new OurClients(queues.map(({ frontend }) => frontend), CLIENTS, options);
      await clients.answered();
      let kills = 0;
      for (const start = performance.now(); performance.now() - start < durationMs; kills++) {
        await delay(CALM_MS * (1 + random()));
        queues[kills % 2] = await restart(queues[kills % 2]!);
      }
      // Each queue alone has enough workers.
      for (const [index, queue] of queues.entries()) {
        await queue[Symbol.asyncDispose]();
        await clients.answered(20);
        queues[index] = await restart(queue);
      }
      const { answered, retries } = await clients.finish();
      for (const queue of queues) await endQueue(queue);
      return { answered, retries, kills };
    } finally {
      for (const queue of queues) await queue[Symbol.asyncDispose]();
    }
  },
};
