/**
 * Clients are behind another hop, and the hop's connection to the queue breaks.
 *
 * @module
 */

import { every } from "./every.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonPeer, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";
import { CuttingProxy } from "./cutting_proxy.ts";

const CLIENTS = 20;
const WORK_MS = 10;
const BODY_BYTES = 2000;
const CUT_EVERY_MS = 400;

/** Some clients are behind an unmodified ROUTER/DEALER device, others connect directly. */
export const cutHops: Fault = {
  name: "cut-hops",
  guarantee: "queue mixes up no answers when a hop in front of it is cut off and connects again",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--redeliveries", "20", "--log-format", "json"]);
    await using front = new CuttingProxy(queue.frontend);
    await using hop = new PythonPeer("hop", [front.endpoint]);
    const { endpoint } = await hop.event("listening");
    await using workers = new PythonWorkers(queue.backend, 6, WORK_MS);
    await workers.ready();
    const bytes = ["--bytes", BODY_BYTES];
    const retrying = ["--timeout", 600, 600, "--tries", 60];
    await using behind = new PythonClients(`${endpoint}`, CLIENTS, [...bytes, ...retrying]);
    const patience = ["--timeout", 25_000, 25_000, "--tries", 1];
    await using beside = new PythonClients(queue.frontend, CLIENTS / 2, [...bytes, ...patience]);
    await Promise.all([behind.answered(CLIENTS), beside.answered(CLIENTS / 2)]);
    await every(CUT_EVERY_MS, durationMs, () => {
      if (random() < 0.5) front.cutAll();
      else front.cutOne(random, 2 * BODY_BYTES);
    });
    const [behindTotals, besideTotals] = await Promise.all([behind.finish(), beside.finish()]);
    const end = await endQueue(queue);
    const figures = { behind: behindTotals, beside: besideTotals, departures: end.departures };
    demand(behindTotals.abandoned === 0, "A client behind the hop gets its answer by retrying", figures);
    demand(besideTotals.abandoned === 0, "A client that connects directly notices nothing", figures);
    demand(front.cuts > 0 && end.clientLeft > 0, "Requests are lost with the hop", figures);
    return {
      answered: behindTotals.answered + besideTotals.answered,
      cuts: front.cuts,
      retries: behindTotals.retries,
      clientLeft: end.clientLeft,
    };
  },
};
