/**
 * Workers are killed at random, all the time.
 *
 * @module
 */

import { every } from "./every.ts";
import { choose, demand, type Fault, type Figures } from "./fault.ts";
import { OurClients } from "./our_clients.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const PYTHON_CLIENTS = 48;
const OUR_CLIENTS = 2;
const PYTHON_WORKERS = 8;
const OUR_WORKERS = 2;
const WORK_MS = 10;
const KILL_EVERY_MS = 100;
/** Longer than any request takes, so a client that retries is one whose request was lost. */
const PATIENCE_MS = 25_000;

/** Ten workers, eight of them on pyzmq. Every 100 ms one is killed and replaced. */
export const killedWorkers: Fault = {
  name: "killed-workers",
  guarantee: "queue answers every request and no client has to retry when workers are killed every 100 ms",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: true,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--redeliveries", "20", "--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, WORK_MS);
    await using ours = new OurWorkers([queue.backend], OUR_WORKERS, WORK_MS);
    await workers.ready();
    await ours.ready();
    const options = ["--timeout", PATIENCE_MS, PATIENCE_MS, "--tries", 1];
    await using clients = new PythonClients(queue.frontend, PYTHON_CLIENTS, options);
    await using ourClients = new OurClients([queue.frontend], OUR_CLIENTS, { timeoutMs: PATIENCE_MS, tries: 1 });
    await Promise.all([clients.answered(PYTHON_CLIENTS), ourClients.answered()]);
    // Those that are ready: on a slow machine a worker takes longer to start than the next kill to come.
    let kills = 0;
    const killed = new Set<number>();
    await every(KILL_EVERY_MS, durationMs, () => {
      const index = Math.floor(random() * (OUR_WORKERS + PYTHON_WORKERS));
      if (index < OUR_WORKERS) {
        if (ours.replace(index, "SIGKILL")) kills++;
        return;
      }
      const pids = workers.pids.filter((pid) => !killed.has(pid));
      if (pids.length === 0) return;
      const pid = choose(random, pids);
      workers.signal(pid, "SIGKILL");
      killed.add(pid);
      kills++;
    });
    const { answered: ourAnswered, retries: ourRetries } = await ourClients.finish();
    const totals = await clients.finish();
    const end = await endQueue(queue);
    const answered = totals.answered + ourAnswered;
    const figures = {
      ...totals,
      kills,
      ourAnswered,
      ourRetries,
      redeliveries: end.redeliveries,
      exhausted: end.exhausted,
    };
    const isWithoutRetry = totals.abandoned === 0 && totals.retries === 0 && ourRetries === 0;
    demand(isWithoutRetry, "Every request is answered without a retry", figures);
    demand(end.exhausted === 0, "No request is exhausted", figures);
    demand(end.redeliveries + end.orderlyExits > kills / 4, "Workers are killed at work", figures);
    // Each of our clients ended in the middle of a request, which may or may not have been answered.
    const areBooksRight = end.answered >= answered && end.accepted <= totals.requests + ourAnswered + OUR_CLIENTS;
    demand(areBooksRight, "The counters of queue and clients agree", { figures, end });
    return {
      answered,
      kills,
      redelivered: end.redeliveries + end.orderlyExits,
      longestMs: totals.longestMs,
    };
  },
};
