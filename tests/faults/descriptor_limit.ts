/**
 * The queue has no descriptor left for another connection.
 *
 * @module
 */

import { commandLine, QueueProgram } from "../harness/programs.ts";
import { delay } from "../../lib/delay.ts";
import { Folder } from "../harness/folder.ts";
import { RawPeer } from "../harness/raw_peer.ts";
import { ANY_PORT } from "../harness/programs.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const DESCRIPTORS = 128;
const CONNECTIONS = 1000;
const CLIENTS = 3;

/** A thousand bare connections in one instant, again and again, to a queue that may have 128 descriptors. */
export const descriptorLimit: Fault = {
  name: "descriptor-limit",
  guarantee: "queue serves those it has, says so once and recovers when a thousand connect at its descriptor limit",
  needs: ["programs", "pyzmq", "ulimit"],
  testMs: 15_000,
  isLong: true,
  testsBinaries: true,
  inject: async ({ durationMs, transport }): Promise<Figures> => {
    using folder = new Folder();
    const [frontend, backend] = transport === "tcp"
      ? [ANY_PORT, ANY_PORT]
      : [`ipc://${folder.file("front")}`, `ipc://${folder.file("back")}`];
    await using queue = await startLimitedQueue(frontend, backend);
    await using workers = new PythonWorkers(queue.backend, 2, 5);
    await workers.ready();
    const patience = ["--timeout", 25_000, 25_000, "--tries", 1];
    await using clients = new PythonClients(queue.frontend, CLIENTS, patience);
    await clients.answered(CLIENTS);
    const bare: RawPeer[] = [];
    let answered = 0;
    try {
      const limitReached = queue.event("descriptor limit reached").then(() => true);
      // On ipc few are connected at once, and the others are refused, as long as there is room.
      do bare.push(...await dialAtOnce(queue.frontend, CONNECTIONS)); while (
        !await Promise.race([
          limitReached,
          delay(10).then(() => false),
        ])
      );
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
    demand(folder.names.length === 0, "Nothing is left of its endpoints", folder.names);
    demand(queue.count("descriptor limit reached") === 1, "It says so once", queue.stderr.slice(-2000));
    return { bare: bare.length, answeredAtLimit: answered, longestMs: totals.longestMs };
  },
};

/** Begins so many connections before one of them is made; returns those that were made. */
async function dialAtOnce(endpoint: string, count: number): Promise<RawPeer[]> {
  const dialled = await Promise.allSettled(Array.from({ length: count }, () => RawPeer.dial(endpoint)));
  return dialled.flatMap((outcome) => outcome.status === "fulfilled" ? [outcome.value] : []);
}

async function startLimitedQueue(frontend: string, backend: string): Promise<QueueProgram> {
  const line = commandLine("queue", ["--frontend", frontend, "--backend", backend, "--log-format", "json"]);
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
