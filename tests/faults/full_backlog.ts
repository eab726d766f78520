/**
 * The backlog is full all the time, because of clients that give up.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { residentMiB } from "./memory.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const MAX_BACKLOG = 100;
const ABANDONING_CLIENTS = 1000;
const LIVE_CLIENTS = 10;
/** There is more work than can be done, so some tries fail. That this many fail in a row is very unlikely. */
const LIVE_TRIES = 20;
const WORKERS = 4;
const WORK_MS = 10;
const PAUSE_MS = 50;
const MOST_MIB = 300;
/** In less time there are too few answers to judge by. */
const SHORTEST_MS = 4000;

/** A thousand clients give up after about a second, ten others are patient. */
export const fullBacklog: Fault = {
  name: "full-backlog",
  guarantee: "queue keeps serving live clients when its backlog of 100 is full and 1,000 clients give up all the time",
  needs: ["programs", "pyzmq", "proc"],
  isLong: true,
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--max-backlog", `${MAX_BACKLOG}`, "--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, WORKERS, WORK_MS);
    await workers.ready();
    const seed = Math.floor(random() * 1e6);
    const leaving = ["--timeout", 500, 1500, "--tries", 1, "--seed", seed];
    await using abandoning = new PythonClients(queue.frontend, ABANDONING_CLIENTS, leaving);
    await abandoning.answered(MAX_BACKLOG);
    const staying = ["--timeout", 2500, 2500, "--tries", LIVE_TRIES, "--pause", PAUSE_MS];
    await using live = new PythonClients(queue.frontend, LIVE_CLIENTS, staying);
    await live.answered(LIVE_CLIENTS);
    const before = live.totals.answered;
    const measuredMs = Math.max(durationMs, SHORTEST_MS);
    await delay(measuredMs);
    // There is work for three times as many workers, so a client's fair share is one answer every two or three seconds.
    await live.answered(before + LIVE_CLIENTS * measuredMs / 6000);
    const answered = live.totals.answered - before;
    const resident = residentMiB(queue.pid);
    const liveTotals = await live.finish();
    abandoning.kill("SIGKILL");
    const end = await endQueue(queue);
    const figures = { live: liveTotals, abandoning: abandoning.totals, refusedFull: end.refusedFull, resident };
    demand(liveTotals.abandoned === 0, "Every live client is served", figures);
    demand(resident <= MOST_MIB, "Memory stays bounded", figures);
    demand(abandoning.totals.wrong === 0, "Nobody gets an answer that is not its own", figures);
    return {
      liveAnswered: answered,
      liveRetries: liveTotals.retries,
      longestMs: liveTotals.longestMs,
      abandoned: abandoning.totals.abandoned,
      refusedFull: end.refusedFull,
      residentMiB: resident,
    };
  },
};
