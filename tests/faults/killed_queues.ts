/**
 * The queue itself is killed and restarted, again and again.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { type QueueProgram, startQueue as startProgram } from "../harness/programs.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { OurClients } from "./our_clients.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 10;
const NAMED_CLIENTS = 8;
const OUR_CLIENTS = 2;
const WORK_MS = 10;
const OUR_WORKERS = 2;
/** The queue lives for at least this time, and for at most twice this time. */
const LIFE_MS = 1200;
const TIMEOUT_MS = 1500;
const TRIES = 60;

/** The queue is killed after a second or two and restarted on the same endpoints, again and again. */
export const killedQueues: Fault = {
  name: "killed-queues",
  guarantee: "queue leaves no request of a retrying client unanswered when it is killed and restarted again and again",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  isLong: true,
  testsBinaries: true,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    let queue = await startQueue(["--log-format", "json"]);
    try {
      await using workers = new PythonWorkers(queue.backend, 3, WORK_MS);
      await using named = new PythonWorkers(queue.backend, 2, WORK_MS, ["--identity", "named"]);
      await using ours = new OurWorkers([queue.backend], OUR_WORKERS, WORK_MS);
      await Promise.all([workers.ready(), named.ready(), ours.ready()]);
      const options = ["--timeout", TIMEOUT_MS, TIMEOUT_MS, "--tries", TRIES];
      await using clients = new PythonClients(queue.frontend, CLIENTS, options);
      // When the queue is killed it may owe replies to these; the next queue meets clients with the same identities.
      const fixed = ["--identity", "fixed"];
      await using namedClients = new PythonClients(queue.frontend, NAMED_CLIENTS, [...options, ...fixed]);
      await using ourClients = new OurClients([queue.frontend], OUR_CLIENTS, { timeoutMs: TIMEOUT_MS, tries: TRIES });
      await Promise.all([clients.answered(CLIENTS), namedClients.answered(NAMED_CLIENTS), ourClients.answered()]);
      let kills = 0;
      for (const start = performance.now(); performance.now() - start < durationMs; kills++) {
        await delay(LIFE_MS * (1 + random()));
        queue = await restart(queue);
      }
      // Afterwards all clients get answers again.
      await clients.answered(clients.totals.answered + CLIENTS * 10);
      await namedClients.answered(namedClients.totals.answered + NAMED_CLIENTS * 10);
      const ourTotals = await ourClients.finish();
      const [totals, namedTotals] = [await clients.finish(), await namedClients.finish()];
      const figures = { totals, namedTotals, ourTotals, kills };
      const isEachAnswered = totals.abandoned === 0 && namedTotals.abandoned === 0;
      demand(isEachAnswered, "Every request is answered in the end", figures);
      await endQueue(queue);
      return {
        answered: totals.answered + namedTotals.answered + ourTotals.answered,
        kills,
        retries: totals.retries + namedTotals.retries + ourTotals.retries,
        longestMs: Math.max(totals.longestMs, namedTotals.longestMs),
      };
    } finally {
      await queue[Symbol.asyncDispose]();
    }
  },
};

/**
 * Kills a queue and starts another one on its endpoints.
 *
 * @param queue The queue to kill.
 * @param args The arguments of the new one, besides endpoints and the log's format.
 * @returns The new queue.
 */
export async function restart(queue: QueueProgram, args: readonly string[] = []): Promise<QueueProgram> {
  const { frontends, backends } = queue;
  await queue[Symbol.asyncDispose]();
  return await startProgram([...args, "--log-format", "json"], { frontends, backends });
}
