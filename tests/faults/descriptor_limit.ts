/**
 * The queue has no descriptor left for another connection.
 *
 * @module
 */

import { commandLine, QueueProgram } from "../harness/programs.ts";
import { RawPeer } from "../harness/raw_peer.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { delay } from "../../lib/delay.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const DESCRIPTORS = 128;
const CONNECTIONS = 200;
const CLIENTS = 3;

/** Two hundred bare connections to a queue that may have 128 descriptors. */
export const descriptorLimit: Fault = {
  name: "descriptor-limit",
  guarantee: "queue serves those it has, says so once and recovers when it is at its descriptor limit",
  needs: ["programs", "pyzmq", "ulimit"],
  tcpOnly: "libzmq's ipc listener ends the process with an assertion",
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs }): Promise<Figures> => {
    await using queue = await startLimitedQueue();
    await using workers = new PythonWorkers(queue.backend, 2, 5);
    await workers.ready();
    const patience = ["--timeout", 25_000, 25_000, "--tries", 1];
    await using clients = new PythonClients(queue.frontend, CLIENTS, patience);
    await clients.answered(CLIENTS);
    const bare: RawPeer[] = [];
    let answered = 0;
    try {
      for (let count = 0; count < CONNECTIONS; count++) bare.push(await RawPeer.dial(queue.frontend));
      await queue.event("descriptor limit reached");
      const before = clients.totals.answered;
      await delay(durationMs);
      answered = clients.totals.answered - before;
      demand(answered > 0, "Those it has are served at the limit", clients.totals);
    } finally {
      for (const peer of bare) peer.close();
    }
    await queue.event("descriptor limit left");
    await using late = new PythonClients(queue.frontend, CLIENTS, patience);
    await late.answered(CLIENTS * 10);
    const [totals, lateTotals] = [await clients.finish(), await late.finish()];
    await endQueue(queue);
    const figures = { ...totals, late: lateTotals, reached: queue.count("descriptor limit reached") };
    demand(totals.abandoned === 0 && lateTotals.abandoned === 0, "Everybody is served", figures);
    demand(queue.count("descriptor limit reached") === 1, "It says so once", queue.stderr.slice(-2000));
    return { answeredAtLimit: answered, longestMs: totals.longestMs };
  },
};

async function startLimitedQueue(): Promise<QueueProgram> {
  const line = commandLine("queue", ["--frontend", ANY_PORT, "--backend", ANY_PORT, "--log-format", "json"]);
  const { command, args, ...rest } = line;
  const limited = ["-c", `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`, command, ...args];
  const queue = new QueueProgram("sh", { args: limited, ...rest });
  try {
    return await queue.listening();
  } catch (error) {
    await queue[Symbol.asyncDispose]();
    throw error;
  }
}
