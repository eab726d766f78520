/**
 * Peers send nonsense to both sides of the queue.
 *
 * @module
 */

import { demand, type Fault, type Figures } from "./fault.ts";
import { residentMiB } from "./memory.ts";
import { PythonClients, PythonPeer, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const MESSAGES_A_MS = 20;
const CONNECTIONS_A_MESSAGE = 0.02;
const CLIENTS = 4;
const WORKERS = 3;
/** Each kind of mistake is logged once, and then at most every ten seconds. */
const MOST_LINES = 60;
const LINE_INTERVAL_MS = 10_000;
const MOST_MIB = 300;

/** For each side, a hundred thousand odd messages and two thousand bare connections in a run of five seconds. */
export const malformedMessages: Fault = {
  name: "malformed-messages",
  guarantee: "queue serves its clients, with a bounded log, when 20,000 malformed messages a second reach each side",
  needs: ["programs", "pyzmq", "proc"],
  testMs: 5_000,
  testsBinaries: false,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json"]);
    const startMs = performance.now();
    await using workers = new PythonWorkers(queue.backend, WORKERS, 0);
    await workers.ready();
    const patience = ["--timeout", 20_000, 20_000, "--tries", 1, "--pause", 2];
    await using clients = new PythonClients(queue.frontend, CLIENTS, patience);
    await clients.answered(CLIENTS);
    const messages = Math.max(1, Math.round(durationMs * MESSAGES_A_MS));
    const connections = Math.round(messages * CONNECTIONS_A_MESSAGE);
    for (const side of ["frontend", "backend"] as const) {
      const seed = Math.floor(random() * 1e6);
      await using peer = new PythonPeer("malformed", [queue[side], side, messages, connections, seed]);
      for await (const _ of peer.log());
      const { code, stderr } = await peer.exit;
      demand(code === 0, "The queue takes everything that is sent", { side, code, stderr, seed });
    }
    const before = clients.totals.answered;
    await clients.answered(before + CLIENTS * 10);
    const resident = residentMiB(queue.pid);
    const totals = await clients.finish();
    const end = await endQueue(queue);
    const tookMs = Math.round(performance.now() - startMs);
    const lines = queue.lines.length;
    const figures = { ...totals, lines, tookMs, resident, end, malformed: end.malformedMessages };
    // What says READY counts as a worker: a request that was lost with four of them may be dropped.
    demand(totals.abandoned <= end.exhausted, "Other clients notice nothing", figures);
    const mostLines = MOST_LINES * Math.max(1, tookMs / LINE_INTERVAL_MS);
    demand(lines <= mostLines, "The log is bounded", { ...figures, log: queue.stderr.slice(-3000) });
    demand(end.malformedMessages > messages / 10, "Malformed messages are counted", figures);
    demand(resident <= MOST_MIB, "Memory stays bounded", figures);
    return {
      messages: 2 * messages,
      connections: 2 * connections,
      answered: totals.answered,
      longestMs: totals.longestMs,
      malformed: end.malformedMessages,
      lateReplies: end.lateReplies,
      lines,
      residentMiB: resident,
    };
  },
};
