/**
 * All workers are replaced one after another, as in a deployment.
 *
 * @module
 */

import { every } from "./every.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

/** Few, so that the worker that gets the next request, which has been idle longest, is the one that is stopped next. */
const CLIENTS = 6;
const PYTHON_WORKERS = 12;
const OUR_WORKERS = 8;
const WORK_MS = 200;
const STOP_EVERY_MS = 50;
const PATIENCE_MS = 25_000;

/** Twenty workers are stopped 50 ms apart while new ones start. Ours finish their job, those on pyzmq just end. */
export const rollingStop: Fault = {
  name: "rolling-stop",
  guarantee: "queue exhausts no request when 20 workers are stopped 50 ms apart while new ones start",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, PYTHON_WORKERS, WORK_MS);
    await using ours = new OurWorkers([queue.backend], OUR_WORKERS, WORK_MS);
    await workers.ready();
    await ours.ready();
    const options = ["--timeout", PATIENCE_MS, PATIENCE_MS, "--tries", 1];
    await using clients = new PythonClients(queue.frontend, CLIENTS, options);
    await clients.answered(CLIENTS);
    const start = performance.now();
    let stops = 0;
    do {
      const stopOne = [
        ...workers.pids.map((pid) => () => workers.signal(pid, "SIGTERM")),
        ...ours.programs.map((_, index) => () => ours.replace(index, "SIGTERM")),
      ];
      const stopping = stopOne.values();
      stops += await every(STOP_EVERY_MS, stopOne.length * STOP_EVERY_MS, () => stopping.next().value?.());
      // No request that has lost workers in this round may be left for the next one.
      await ours.ready();
      await clients.allAnswered();
    } while (performance.now() - start < durationMs);
    const codes = await ours.left();
    const totals = await clients.finish();
    const end = await endQueue(queue);
    const figures = {
      ...totals,
      stops,
      exhausted: end.exhausted,
      redeliveries: end.redeliveries,
      orderlyExits: end.orderlyExits,
    };
    demand(end.exhausted === 0 && totals.abandoned === 0, "No request is exhausted", figures);
    demand(codes.every((code) => code === 0), "Our worker exits with 0 on SIGTERM", codes);
    return {
      answered: totals.answered,
      stops,
      redeliveries: end.redeliveries,
      orderlyExits: end.orderlyExits,
      longestMs: totals.longestMs,
    };
  },
};
