/**
 * Clients send as fast as they can, and there are no workers.
 *
 * @module
 */

import { FRAME_OVERHEAD_BYTES, REQUEST_OVERHEAD_BYTES } from "../../lib/queue/broker/options.ts";
import { within } from "../harness/deadline.ts";
import type { QueueProgram } from "../harness/programs.ts";
import { every } from "./every.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { anonymousMiB } from "./memory.ts";
import { PythonClients, PythonPeer, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const BOUND_MIB = 32;
/** How much memory the queue may use besides its backlog. */
const OWN_MIB = 100;
/** What a request of two frames counts for besides its body. */
const OVERHEAD_BYTES = REQUEST_OVERHEAD_BYTES + 2 * FRAME_OVERHEAD_BYTES;
const CONNECTIONS = 20;
const SAMPLE_EVERY_MS = 250;
/** The body sizes of three floods, one after another. */
const BODY_BYTES = [32, 4000, 100_000];

/** Floods of small, middling and large requests. */
export const flood: Fault = {
  name: "flood",
  guarantee: "queue keeps its memory within the bound plus 100 MB when requests flood it and there are no workers",
  needs: ["programs", "pyzmq", "proc"],
  isLong: true,
  testMs: 15_000,
  testsBinaries: true,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    const figures: Record<string, number> = {};
    for (const bytes of BODY_BYTES) {
      await using queue = await startQueue(["--max-backlog-bytes", `${BOUND_MIB}MiB`, "--log-format", "json"]);
      figures[`anonymousMiBAtStart${bytes}`] = anonymousMiB(queue.pid);
      figures[`anonymousMiB${bytes}`] = await floodQueue(queue, bytes, durationMs / BODY_BYTES.length);
      await serveAfterwards(queue);
      const end = await endQueue(queue);
      const countedMiB = end.accepted * (bytes + OVERHEAD_BYTES) / 2 ** 20;
      demand(countedMiB > BOUND_MIB * 0.9, "The flood fills the backlog", { bytes, countedMiB, end });
      figures[`accepted${bytes}`] = end.accepted;
    }
    return figures;
  },
};

async function floodQueue(queue: QueueProgram, bytes: number, durationMs: number): Promise<number> {
  await using flood = new PythonPeer("flood", [queue.frontend, CONNECTIONS, bytes]);
  await flood.event("progress");
  let most = 0;
  await every(SAMPLE_EVERY_MS, durationMs, () => {
    most = Math.max(most, anonymousMiB(queue.pid));
    demand(most <= BOUND_MIB + OWN_MIB, "Memory stays within the bound plus 100 MB", { bytes, most });
  });
  await within(
    sentAtLeast(flood, BOUND_MIB * 2 ** 20 / (bytes + OVERHEAD_BYTES)),
    () => "the flood to fill the backlog",
  );
  return most;
}

async function sentAtLeast(flood: PythonPeer, requests: number): Promise<void> {
  for await (const line of flood.log()) if (Number(line["sent"]) >= requests) return;
}

/** The flooding clients are gone: a new client is served at once. */
async function serveAfterwards(queue: QueueProgram): Promise<void> {
  await using workers = new PythonWorkers(queue.backend, 1, 0);
  await workers.ready();
  await using clients = new PythonClients(queue.frontend, 1, ["--timeout", 10_000, 10_000, "--tries", 1]);
  await clients.answered(10);
  const totals = await clients.finish();
  demand(totals.abandoned === 0, "A client that comes after a flood is served", totals);
}
