/**
 * Workers are killed at random all the time.
 *
 * @module
 */

import { startQueue } from "../harness/programs.ts";
import { every } from "./every.ts";
import { choose, demand, type Fault, type Figures } from "./fault.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 50;
const PYTHON_WORKERS = 8;
const OUR_WORKERS = 2;
const WORK_MS = 10;
const KILL_EVERY_MS = 100;
/** Longer than any request takes, so that a client that has to retry is one whose request was lost. */
const PATIENCE_MS = 25_000;

/** Ten workers, eight of them pyzmq's; one is killed every 100 ms and replaced. */
export const killedWorkers: Fault = {
  name: "killed-workers",
  guarantee: "queue answers every request and no client has to retry when workers are killed every 100 ms",
  needs: ["programs", "pyzmq"],
  testMs: 10_000,
  testsBinaries: true,
  inject: async ({ durationMs, random }): Promise<Figures> => {
    await using queue = await startQueue(["--redeliveries", "20", "--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, WORK_MS);
    await using ours = new OurWorkers(queue.backend, OUR_WORKERS, WORK_MS);
    await workers.ready();
    await ours.ready();
    const options = ["--timeout", PATIENCE_MS, PATIENCE_MS, "--tries", 1];
    await using clients = new PythonClients(queue.frontend, CLIENTS, options);
    await clients.answered(CLIENTS);
    const kills = await every(KILL_EVERY_MS, durationMs, () => {
      const index = Math.floor(random() * (OUR_WORKERS + PYTHON_WORKERS));
      if (index < OUR_WORKERS) return ours.replace(index, "SIGKILL");
      const { pids } = workers;
      if (pids.length > 0) workers.signal(choose(random, pids), "SIGKILL");
    });
    const totals = await clients.finish();
    const end = await endQueue(queue);
    const figures = { ...totals, kills, redeliveries: end.redeliveries, usedUp: end.usedUp, tries: end.tries };
    demand(totals.abandoned === 0 && totals.retries === 0, "Every request is answered without a retry", figures);
    demand(end.usedUp === 0, "No request is used up", figures);
    demand(end.redeliveries + end.excusedEnds > kills / 4, "Workers are killed at work", figures);
    demand(end.answered === totals.answered && end.accepted === totals.requests, "The books agree", { figures, end });
    return {
      answered: totals.answered,
      kills,
      redelivered: end.redeliveries + end.excusedEnds,
      longestMs: totals.longestMs,
    };
  },
};
