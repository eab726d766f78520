/**
 * Workers are far away: what they say is under way while the queue decides.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { startQueue } from "../harness/programs.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";
import { TcpProxy } from "./tcp_proxy.ts";

const CLIENTS = 30;
const WORKERS = 6;
const LATENCY_MS = 5;
/** Requests that have waited so long are sent to workers that have not said READY. */
const TRY_AFTER_MS = 1000;

/** All workers come back over a slow network after requests have waited for them for more than a second. */
export const distantWorkers: Fault = {
  name: "distant-workers",
  guarantee: "queue mixes up no answers when workers say READY while they are tried",
  needs: ["programs", "pyzmq"],
  testMs: 3_000,
  testsBinaries: false,
  inject: async ({ durationMs }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json"]);
    await using back = new TcpProxy(queue.backend, LATENCY_MS);
    await using clients = new PythonClients(queue.frontend, CLIENTS, ["--timeout", 25_000, 25_000, "--tries", 1]);
    await clients.event("started");
    await delay(TRY_AFTER_MS * 1.5);
    await using prompt = new PythonWorkers(back.endpoint, WORKERS / 2, 10);
    // These say READY just when what is sent to them on trial is under way.
    await using slow = new PythonWorkers(back.endpoint, WORKERS / 2, 10, ["--ready-after", 3 * LATENCY_MS]);
    await Promise.all([prompt.ready(), slow.ready()]);
    await delay(durationMs);
    const totals = await clients.finish();
    const end = await endQueue(queue);
    const figures = { ...totals, foreign: end.foreignReplies, late: end.lateReplies, redeliveries: end.redeliveries };
    demand(totals.abandoned === 0, "Every request is answered", figures);
    demand(end.redeliveries === 0 && end.foreignReplies === 0, "Workers stay in step", figures);
    demand(end.readyWorkers === WORKERS, "All are at work", end);
    return { answered: totals.answered, tries: end.tries, late: end.lateReplies, longestMs: totals.longestMs };
  },
};
