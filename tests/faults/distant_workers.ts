/**
 * Workers are far away: their messages are still on the way while the queue decides.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { demand, type Fault, type FaultRun, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";
import { CuttingProxy } from "./cutting_proxy.ts";

const CLIENTS = 40;
const PROMPT_WORKERS = 2;
const SLOW_WORKERS = 8;
const LATENCY_MS = 50;
/** With the longer time, a request sent after a trial reaches its worker while the worker is still busy with the trial. */
const WORK_MS = [10, 4 * LATENCY_MS];
/** After this time, a waiting request is sent on trial to a worker that has been silent for this time. */
const TRIAL_AFTER_MS = 1000;
/** On a busy machine all may say READY before they are put on trial. */
const MOST_RUNS = 4;
/** A handshake takes a few latencies. The workers send READY one latency apart, some of them just when they are put on trial. */
const SLOW_READY = ["--ready-after", TRIAL_AFTER_MS + 2 * LATENCY_MS, "--ready-step", LATENCY_MS];

/** Workers connect over a slow network while requests wait; some send READY at the moment when they are put on trial. */
export const distantWorkers: Fault = {
  name: "distant-workers",
  guarantee: "queue mixes up no answers when workers send READY while they are on trial",
  needs: ["programs", "pyzmq"],
  isLong: true,
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    const figures: Record<string, number> = {};
    for (const workMs of WORK_MS) {
      const run = () => withWork(workMs, durationMs / WORK_MS.length, startQueue);
      let outcome = await run();
      for (let runs = 1; outcome.trials === 0 && runs < MOST_RUNS; runs++) outcome = await run();
      const { answered, trials, late, longestMs } = outcome;
      demand(trials > 0, "Workers are sent requests on trial", { workMs });
      Object.assign(figures, { [`answered${workMs}`]: answered, [`trials${workMs}`]: trials });
      Object.assign(figures, { [`late${workMs}`]: late, [`longestMs${workMs}`]: longestMs });
    }
    return figures;
  },
};

async function withWork(workMs: number, durationMs: number, startQueue: FaultRun["startQueue"]) {
  await using queue = await startQueue(["--log-format", "json"]);
  await using back = new CuttingProxy(queue.backend, LATENCY_MS);
  await using clients = new PythonClients(queue.frontend, CLIENTS, ["--timeout", 25_000, 25_000, "--tries", 1]);
  await clients.event("started");
  await delay(TRIAL_AFTER_MS * 1.5);
  await using prompt = new PythonWorkers(back.endpoint, PROMPT_WORKERS, workMs);
  await using slow = new PythonWorkers(back.endpoint, SLOW_WORKERS, workMs, SLOW_READY);
  await Promise.all([prompt.ready(), slow.ready()]);
  await delay(durationMs);
  const totals = await clients.finish();
  // Replies to requests that others have answered may still be on their way.
  await delay(10 * (workMs + LATENCY_MS));
  const end = await endQueue(queue);
  const { unmatchedReplies: unmatched, lateReplies: late, redeliveries, trials } = end;
  const figures = { ...totals, unmatched, late, redeliveries, trials, idle: end.idleWorkers, workers: end.workers };
  demand(totals.abandoned === 0, "Every request is answered", figures);
  demand(redeliveries === 0 && unmatched === 0, "Workers stay in step", figures);
  // One that may wait for work unnoticed is tried again only when work waits for it.
  demand(workMs > LATENCY_MS || end.idleWorkers === PROMPT_WORKERS + SLOW_WORKERS, "All are at work", figures);
  return { answered: totals.answered, trials, late, longestMs: totals.longestMs };
}
