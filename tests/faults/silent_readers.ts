/**
 * Peers that never read.
 *
 * @module
 */

import { RawPeer, wireMessage } from "../harness/raw_peer.ts";
import { concatenate } from "../../lib/lru.ts";
import { within } from "../harness/deadline.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { residentMiB } from "./memory.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 5;
const WORKERS = 4;
const BODY = "b".repeat(4000);
/** More than its pipe and the buffers at both ends can hold. */
const REQUESTS_UNREAD = 10_000;
/** One at a time they would wait for a core among all these processes. */
const REQUESTS_A_WRITE = 100;
const MOST_MIB = 250;
/** Longer than a job usually takes with any worker that reads. */
const JOB_TIMEOUT = "3s";

/** A client sends ten thousand requests and reads no reply; a worker never reads its job. */
export const silentReaders: Fault = {
  name: "silent-readers",
  guarantee: "queue serves the others and counts what it cannot deliver when a client or a worker never reads",
  needs: ["programs", "pyzmq", "proc"],
  testMs: 0,
  testsBinaries: false,
  inject: async ({ startQueue }): Promise<Figures> => {
    await using queue = await startQueue(["--log-format", "json", "--job-timeout", JOB_TIMEOUT]);
    await using workers = new PythonWorkers(queue.backend, WORKERS, 0);
    await workers.ready();
    using worker = await RawPeer.connect(queue.backend, "REQ");
    await worker.send("", "\x01");
    await using clients = new PythonClients(queue.frontend, CLIENTS, ["--timeout", 25_000, 25_000, "--tries", 1]);
    await clients.answered(CLIENTS);
    const requests = concatenate(Array.from({ length: REQUESTS_A_WRITE }, () => wireMessage("", BODY)));
    using client = await RawPeer.connect(queue.frontend, "DEALER");
    for (let sent = 0; sent < REQUESTS_UNREAD; sent += REQUESTS_A_WRITE) await client.sendBytes(requests);
    // When requests that other clients sent later have been answered, all of these have been processed.
    await clients.answered(clients.totals.answered + CLIENTS * 100);
    const resident = residentMiB(queue.pid);
    const totals = await clients.finish();
    // The queue does not wait to deliver replies to a client that is gone.
    client.close();
    const end = await within(endQueue(queue), () => "the queue's end");
    const figures = { ...totals, clientBlocked: end.clientBlocked, jobTimeouts: end.jobTimeouts, resident };
    demand(totals.abandoned === 0, "The others are served", figures);
    demand(end.clientBlocked > 0, "Replies that cannot be delivered are counted", end);
    // On a busy machine the others may be late, too, but they reply.
    demand(end.jobTimeouts - end.lateReplies === 1, "A worker that never reads gets one job", end);
    demand(resident <= MOST_MIB, "Memory stays bounded", figures);
    return {
      clientBlocked: end.clientBlocked,
      answered: end.answered,
      longestMs: totals.longestMs,
      residentMiB: resident,
    };
  },
};
