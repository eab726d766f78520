/**
 * Workers hang: they are stopped (SIGSTOP) and continued.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { every } from "./every.ts";
import { choose, demand, type Fault, type FaultRun, type Figures } from "./fault.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 20;
const PYTHON_WORKERS = 6;
const OUR_WORKERS = 1;
const WORK_MS = 10;
const STOP_EVERY_MS = 2000;
/** About two of the workers are stopped at a time. */
const STOP_MS = 4500;
/** Less than that, and longer than a job takes with a worker that is not stopped, on any machine. */
const TOO_LONG_MS = 3000;

/** With a job timeout, a worker that hangs costs no request. */
export const stoppedWorkersWithJobTimeout: Fault = {
  name: "stopped-workers-with-job-timeout",
  guarantee: "queue loses no request when workers hang and --job-timeout is set",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  isLong: true,
  testsBinaries: false,
  inject: async (run): Promise<Figures> => {
    const args = ["--job-timeout", `${TOO_LONG_MS}ms`];
    const { totals, end, stops } = await stopWorkers(args, 25_000, run);
    const figures = { ...totals, stops, jobTimeouts: end.jobTimeouts, lateReplies: end.lateReplies };
    demand(totals.abandoned === 0 && end.exhausted === 0, "No request is lost", figures);
    demand(end.jobTimeouts > 0 && end.jobTimeouts <= stops, "Each worker that hangs is taken out once", figures);
    demand(end.idleWorkers === PYTHON_WORKERS + OUR_WORKERS, "A worker that answers again is back in place", end);
    return { answered: totals.answered, stops, jobTimeouts: end.jobTimeouts, longestMs: totals.longestMs };
  },
};

/** Without a job timeout, a worker that hangs keeps its one request and gets no other. */
export const stoppedWorkers: Fault = {
  name: "stopped-workers",
  guarantee: "queue loses at most one request for each worker that hangs when --job-timeout is not set",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  isLong: true,
  testsBinaries: false,
  inject: async (run): Promise<Figures> => {
    const { totals, end, stops } = await stopWorkers([], TOO_LONG_MS, run);
    const figures = { ...totals, stops, exhausted: end.exhausted };
    demand(totals.abandoned > 0 && totals.abandoned <= stops, "A worker that hangs costs its one request", figures);
    demand(end.idleWorkers === PYTHON_WORKERS + OUR_WORKERS, "A worker that answers again is back in place", end);
    return { answered: totals.answered, stops, lost: totals.abandoned, longestMs: totals.longestMs };
  },
};

async function stopWorkers(args: string[], patienceMs: number, { durationMs, random, startQueue }: FaultRun) {
  await using queue = await startQueue([...args, "--log-format", "json"]);
  await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, WORK_MS);
  await using ours = new OurWorkers([queue.backend], OUR_WORKERS, WORK_MS);
  await workers.ready();
  await ours.ready();
  const options = ["--timeout", patienceMs, patienceMs, "--tries", 1];
  await using clients = new PythonClients(queue.frontend, CLIENTS, options);
  await clients.answered(CLIENTS);
  const stopped = new Set<number>();
  const continuing: Promise<void>[] = [];
  const stops = await every(STOP_EVERY_MS, durationMs, () => {
    const pids = [...workers.pids, ...ours.programs.map(({ pid }) => pid)].filter((pid) => !stopped.has(pid));
    const pid = choose(random, pids);
    stopped.add(pid);
    workers.signal(pid, "SIGSTOP");
    continuing.push(
      delay(STOP_MS).then(() => {
        workers.signal(pid, "SIGCONT");
        stopped.delete(pid);
      }),
    );
  });
  await Promise.all(continuing);
  const before = clients.totals.answered;
  await clients.answered(before + CLIENTS * 10);
  const totals = await clients.finish();
  return { totals, end: await endQueue(queue), stops };
}
