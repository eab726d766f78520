/**
 * Peers that speak ZMTP badly, on both sides of the queue, beside honest ones.
 *
 * @module
 */

import { within } from "../harness/deadline.ts";
import { playRawScript, RawScripts } from "../harness/raw_script.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { residentMiB } from "./memory.ts";
import { OurClients } from "./our_clients.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

/** Bad peers at once on each side. */
const PEERS = 16;
const WORKERS = 2;
/** Short enough that what bad clients send is with a worker before they leave. */
const WORK_MS = 2;
const CLIENTS = 6;
const OUR_CLIENTS = 2;
/** A bad worker keeps a job for this long. */
const JOB_TIMEOUT_MS = 1000;
/** Longer than it takes when several bad workers in turn keep a job. */
const SERVED_WITHIN_MS = 30_000;
const MOST_LINES_A_SECOND = 20;
const MOST_MIB = 400;

/** Thousands of bad peers: none leaves a worker or a client in a state from which only its restart helps. */
export const rawPeers: Fault = {
  name: "raw-peers",
  guarantee: "queue serves its clients and uses all its workers when other peers break the rules of ZMTP",
  needs: ["programs", "pyzmq", "proc"],
  testMs: 10_000,
  testsBinaries: false,
  inject: async ({ durationMs, random, startQueue }): Promise<Figures> => {
    // Bad clients leave at once, which would change the order to newest first.
    const args = ["--job-timeout", `${JOB_TIMEOUT_MS}ms`, "--redeliveries", "1000", "--order", "fifo"];
    await using queue = await startQueue([...args, "--max-message-size", "1MiB", "--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, WORKERS, WORK_MS, ["--tell-jobs"]);
    await using ourWorkers = new OurWorkers(queue.backends, WORKERS, WORK_MS);
    await Promise.all([workers.ready(), ourWorkers.ready()]);
    const patience = ["--timeout", SERVED_WITHIN_MS, SERVED_WITHIN_MS, "--tries", 1, "--pause", 5];
    await using clients = new PythonClients(queue.frontend, CLIENTS, patience);
    await using ourClients = new OurClients(queue.frontends, OUR_CLIENTS, { timeoutMs: SERVED_WITHIN_MS, tries: 3 });
    await clients.answered(CLIENTS);
    const scripts = new RawScripts(random);
    const endMs = performance.now() + durationMs;
    let peers = 0;
    const misbehave = async (side: "frontend" | "backend") => {
      while (performance.now() < endMs && queue.isRunning) {
        const identities = side === "backend" ? honestIdentities(ourWorkers) : [];
        await playRawScript(queue[side], scripts.next({ side, identities }));
        peers++;
      }
    };
    await Promise.all(
      Array.from({ length: 2 * PEERS }, (_, index) => misbehave(index % 2 === 0 ? "frontend" : "backend")),
    );
    demand(queue.isRunning, "A queue never stops by itself", { stderr: queue.stderr.slice(-2000) });
    const numbers = Array.from({ length: WORKERS }, (_, number) => number);
    const served = [
      ...numbers.map((number) => workers.events("job", workers.count("job", { number }) + 1, { number })),
      ...ourWorkers.programs.map((worker) => worker.events("job answered", worker.count("job answered") + 1)),
    ];
    await within(Promise.all(served), () => "a job for each honest worker", SERVED_WITHIN_MS);
    await ourClients.answered();
    const resident = residentMiB(queue.pid);
    const totals = await clients.finish();
    const { answered } = await ourClients.finish();
    const end = await endQueue(queue);
    const lines = queue.lines.length;
    const figures = { ...totals, lines, resident, end };
    demand(totals.abandoned === 0, "Honest clients get their replies", figures);
    demand(lines <= MOST_LINES_A_SECOND * (durationMs / 1000 + 10), "The log is bounded", figures);
    demand(resident <= MOST_MIB, "Memory stays bounded", figures);
    return {
      peers,
      answered: totals.answered + answered,
      longestMs: totals.longestMs,
      dropped: end.droppedMessages,
      malformed: end.malformedMessages,
      jobTimeouts: end.jobTimeouts,
      trials: end.trials,
      lines,
      residentMiB: resident,
    };
  },
};

/**
 * What bad peers may take over. Not the identities of pyzmq's workers: these say nothing after they have reconnected, and
 * of a connection that has said nothing libzmq does not give the socket, so that it cannot be closed for its peer.
 */
function honestIdentities(ourWorkers: OurWorkers): string[] {
  return ourWorkers.programs.map((worker) =>
    `${worker.lines.findLast(({ event }) => event === "worker ready")?.identity}`
  );
}
