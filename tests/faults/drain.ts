/**
 * The queue gets SIGTERM while it has work.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { concatenate } from "../../lib/lru.ts";
import { Peers } from "../harness/peers.ts";
import { RawPeer, wireMessage } from "../harness/raw_peer.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { OurWorkers } from "./our_workers.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 40;
const WORKERS = 5;
const SIGTERM_CODE = 128 + 15;
const AT_ONCE_MS = 2000;
/** Together more than the buffers of a connection take. */
const UNREAD_REPLIES = 10;
const UNREAD_REPLY = "r".repeat(1_000_000);

/** Forty clients and six workers are busy when the signal comes. */
export const drain: Fault = {
  name: "drain",
  guarantee: "queue answers everything that it accepted and exits 0 when it gets SIGTERM under load",
  needs: ["programs", "pyzmq"],
  testMs: 15_000,
  testsBinaries: true,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, WORKERS, 50);
    await using ours = new OurWorkers([queue.backend], 1, 50);
    await Promise.all([workers.ready(), ours.ready()]);
    await using clients = new PythonClients(queue.frontend, CLIENTS, ["--timeout", 4000, 4000, "--tries", 1]);
    await clients.answered(CLIENTS);
    await delay(durationMs);
    const end = await endQueue(queue);
    const totals = await clients.finish();
    const figures = { ...totals, end };
    demand(end.code === 0 && end.leftAtDrain === 0, "Nothing is left", figures);
    demand(end.answered === end.accepted && end.answered === totals.answered, "Every reply arrives", figures);
    return { answered: totals.answered, refused: end.refusedDraining };
  },
};

/** More work than can be done in time. */
export const drainInVain: Fault = {
  name: "drain-in-vain",
  guarantee: "queue exits 1 and logs how many requests are left when --drain-timeout is over",
  needs: ["programs", "pyzmq"],
  testMs: 0,
  isLong: true,
  testsBinaries: true,
  inject: async ({ startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--drain-timeout", "1s", "--log-format", "json"]);
    await using workers = new PythonWorkers(queue.backend, 2, 400);
    await workers.ready();
    await using clients = new PythonClients(queue.frontend, CLIENTS, ["--timeout", 4000, 4000, "--tries", 1]);
    // All have asked, and none has given up.
    await clients.answered(2);
    const start = performance.now();
    const end = await endQueue(queue);
    const tookMs = Math.round(performance.now() - start);
    const totals = await clients.finish();
    const figures = { ...totals, end, tookMs };
    demand(end.code === 1 && end.leftAtDrain > CLIENTS / 2, "What is left is counted", figures);
    demand(end.answered === totals.answered, "What was answered arrives", figures);
    demand(tookMs >= 1000 && tookMs < 1000 + AT_ONCE_MS, "It ends when its time is over", figures);
    return { left: end.leftAtDrain, answered: totals.answered, tookMs };
  },
};

/** A second signal while replies are flushed to a client that does not read. */
export const drainInterrupted: Fault = {
  name: "drain-interrupted",
  guarantee: "queue ends at once with 128+n when it gets a second signal while it waits for a client to read",
  needs: ["programs", "ffi"],
  testMs: 0,
  testsBinaries: true,
  inject: async ({ startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--drain-timeout", "25s", "--log-format", "json"]);
    await using peers = await Peers.open();
    // Each has one, so that what one connection takes does not add up: a client that reads nothing for 15 s is gone.
    const workers = Array.from({ length: UNREAD_REPLIES }, () => peers.worker(queue.backend));
    using client = await RawPeer.connect(queue.frontend, "DEALER");
    // While replies lie unread, not even acknowledgements of further requests reach the client.
    await client.sendBytes(concatenate(Array.from({ length: UNREAD_REPLIES }, () => wireMessage("", "request"))));
    await Promise.all(workers.map(async (worker) => {
      const [identity] = await worker.receive();
      worker.send(identity!, "", UNREAD_REPLY);
    }));
    for (let ended = 0; ended < UNREAD_REPLIES;) {
      queue.kill("SIGUSR1");
      const status = (await queue.events("status", queue.count("status") + 1)).at(-1)!;
      ended = Number(status["answered"]) + Number(status["clientLeft"]);
    }
    queue.kill("SIGTERM");
    await queue.event("draining");
    await delay(500);
    demand(queue.isRunning, "Replies are flushed", queue.stderr.slice(-1000));
    const start = performance.now();
    queue.kill("SIGTERM");
    const { code } = await queue.exit;
    const tookMs = Math.round(performance.now() - start);
    demand(code === SIGTERM_CODE && tookMs < AT_ONCE_MS, "It ends at once", { code, tookMs });
    return { tookMs };
  },
};
