/**
 * Connections break, mostly in the middle of a message.
 *
 * @module
 */

import { every } from "./every.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";
import { CuttingProxy } from "./cutting_proxy.ts";

const CLIENTS = 12;
const WORK_MS = 10;
const BODY_BYTES = 50_000;
const CUT_EVERY_MS = 60;
/** A connection is cut after at most this many bytes, which is two messages. */
const MOST_BYTES_BEFORE_CUT = 2 * BODY_BYTES;

/** Half of the clients and most workers are behind a proxy that cuts their connections. */
export const cutConnections: Fault = {
  name: "cut-connections",
  guarantee: "queue loses and mixes up nothing when connections are cut in the middle of messages",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--redeliveries", "20", "--log-format", "json"]);
    await using front = new CuttingProxy(queue.frontend);
    await using back = new CuttingProxy(queue.backend);
    await using workers = new PythonWorkers(back.endpoint, 4, WORK_MS);
    await using named = new PythonWorkers(back.endpoint, 2, WORK_MS, ["--identity", "named"]);
    await using ours = new OurWorkers([back.endpoint], 2, WORK_MS);
    await using safe = new PythonWorkers(queue.backend, 1, WORK_MS);
    await Promise.all([workers.ready(), named.ready(), ours.ready(), safe.ready()]);
    const bytes = ["--bytes", BODY_BYTES];
    const patience = ["--timeout", 25_000, 25_000, "--tries", 1];
    await using direct = new PythonClients(queue.frontend, CLIENTS, [...bytes, ...patience]);
    const retrying = ["--timeout", 700, 700, "--tries", 60];
    await using cut = new PythonClients(front.endpoint, CLIENTS, [...bytes, ...retrying]);
    await Promise.all([direct.answered(CLIENTS), cut.answered(CLIENTS)]);
    await every(CUT_EVERY_MS, durationMs, () => (random() < 0.5 ? front : back).cutOne(random, MOST_BYTES_BEFORE_CUT));
    const [directTotals, cutTotals] = await Promise.all([direct.finish(), cut.finish()]);
    const end = await endQueue(queue);
    const figures = { direct: directTotals, cut: cutTotals, redeliveries: end.redeliveries, exhausted: end.exhausted };
    demand(directTotals.abandoned === 0, "No request is lost with a worker's connection", figures);
    demand(cutTotals.abandoned === 0, "A client whose connection is cut gets its answer by retrying", figures);
    demand(end.exhausted === 0 && front.cuts > 0 && back.cuts > 0, "No request is exhausted", figures);
    return {
      answered: directTotals.answered + cutTotals.answered,
      clientCuts: front.cuts,
      workerCuts: back.cuts,
      redelivered: end.redeliveries + end.orderlyExits,
      lateReplies: end.lateReplies,
      trials: end.trials,
      longestMs: directTotals.longestMs,
    };
  },
};
