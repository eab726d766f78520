/**
 * Clients close their sockets and reopen them at once with the same identity.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { startWorker } from "../harness/programs.ts";
import { demand, type Fault, type FaultRun, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 40;
const WORK_MS = 10;

/** Fewer than there are clients, so that the frontend is left unread at times. */
const FEW_REQUESTS = 20;

/** Forty clients give up after about the time that a reply takes, so the reply often comes at that moment. */
export const takenOverIdentities: Fault = {
  name: "taken-over-identities",
  guarantee: "client never gets the answer to another request when it reopens at once with the same identity",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async (run) => await takeOver([], run),
};

/** The same while the frontend is not read, so that the queue learns of new connections late. */
export const takenOverIdentitiesAtBound: Fault = {
  name: "taken-over-identities-at-bound",
  guarantee: "client never gets the answer to another request when it reopens at once and the backlog is full",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async (run) => await takeOver(["--max-backlog", `${FEW_REQUESTS}`], run),
};

/** The longest that a client waits, and how long on a machine so slow that none is answered meanwhile. */
const TRY_MS = 150;
const SLOW_TRY_MS = [600, 2400];

async function takeOver(args: readonly string[], run: FaultRun): Promise<Figures> {
  let figures = await takeOverWith(TRY_MS, args, run);
  for (const tryMs of SLOW_TRY_MS) if (figures.answered === 0) figures = await takeOverWith(tryMs, args, run);
  demand(figures.answered > 0 && figures.departures > 0, "Clients are served, and leave", figures);
  const { answered, retries, abandoned, clientLeft } = figures;
  return { answered, reopened: retries + abandoned, clientLeft };
}

async function takeOverWith(tryMs: number, args: readonly string[], { durationMs, random, startQueue }: FaultRun) {
  await using queue = await startQueue([...args, "--log-format", "json"]);
  await using workers = new PythonWorkers(queue.backend, 6, WORK_MS);
  await using _ours = startWorker(queue.backend, ["--work", `${WORK_MS}ms`, "--no-faults", "--log-format", "json"]);
  await workers.ready();
  const seed = Math.floor(random() * 1e6);
  const options = ["--timeout", 5, tryMs, "--tries", 2, "--identity", "fixed", "--seed", seed];
  await using clients = new PythonClients(queue.frontend, CLIENTS, options);
  await clients.event("started");
  await delay(durationMs);
  const totals = await clients.finish();
  const end = await endQueue(queue);
  return { ...totals, clientLeft: end.clientLeft, departures: end.departures, lateReplies: end.lateReplies };
}
