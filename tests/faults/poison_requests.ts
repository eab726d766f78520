/**
 * A request crashes every worker that gets it.
 *
 * @module
 */

import { Peers } from "../harness/peers.ts";
import { Folder } from "../harness/folder.ts";
import { demand, type Fault, type Figures } from "./fault.ts";
import { PythonClients, PythonWorkers } from "./python_peers.ts";
import { endQueue } from "./queue_end.ts";

const WORKERS = 6;
const REDELIVERIES = 3;
const POISON = "poison";
/** Exits that do not count, since the worker had just answered another request (guarantee 1). */
const ORDERLY_EXITS = 10;
const DIGEST_DIGITS = 16;

/** One client sends poison, other clients work normally. */
export const poisonRequests: Fault = {
  name: "poison-requests",
  guarantee: "queue drops a request and logs it when it has crashed as many workers as --redeliveries allows",
  needs: ["programs", "pyzmq", "ffi", "files"],
  testMs: 15_000,
  testsBinaries: false,
  inject: async ({ durationMs, startQueue }): Promise<Figures> => {
    using folder = new Folder();
    await using queue = await startQueue([
      ...["--redeliveries", `${REDELIVERIES}`, "--exhausted-dir", folder.path, "--log-format", "json"],
    ]);
    await using workers = new PythonWorkers(queue.backend, WORKERS, 10, ["--poison", POISON]);
    await workers.ready();
    await using clients = new PythonClients(queue.frontend, 4, ["--timeout", 25_000, 25_000, "--tries", 1]);
    await clients.answered(4);
    await using peers = await Peers.open();
    const start = performance.now();
    let sent = 0;
    do {
      await using client = peers.req({ connect: queue.frontend });
      client.send(POISON);
      sent++;
      await queue.events("redelivery limit reached", sent);
    } while (performance.now() - start < durationMs);
    const totals = await clients.finish();
    const end = await endQueue(queue);
    await workers.events("worker ended", sent * (1 + REDELIVERIES) + end.orderlyExits);
    const deaths = workers.count("worker ended");
    const figures = {
      sent,
      deaths,
      exhausted: end.exhausted,
      redeliveries: end.redeliveries,
      orderlyExits: end.orderlyExits,
    };
    demand(totals.abandoned === 0, "Other requests are answered", { ...totals, ...figures });
    demand(end.exhausted === sent, "Each is exhausted, and nothing else", figures);
    demand(end.redeliveries === sent * REDELIVERIES, "Each is redelivered as often as is allowed", figures);
    const most = sent * (1 + REDELIVERIES + ORDERLY_EXITS);
    demand(deaths === sent * (1 + REDELIVERIES) + end.orderlyExits && deaths <= most, "Deaths are bounded", figures);
    const lines = queue.lines.filter(({ event }) => event === "redelivery limit reached");
    const digests = new Set(lines.map(({ digest }) => digest));
    demand(
      digests.size === 1 && `${[...digests][0]}`.length === DIGEST_DIGITS,
      "Repeated requests have the same hash",
      lines,
    );
    const met = lines.flatMap(({ workers: met }) => met as unknown[]);
    demand(met.length === deaths, "The workers that they met are logged", lines);
    demand(lines.every(({ bytes }) => bytes === POISON.length), "Their size is logged", lines);
    const kept = folder.names.filter((name) => name.endsWith(".body"));
    demand(kept.length + end.exhaustedNotCopied === sent && kept.length > 0, "Each is kept, or counted", {
      ...figures,
      kept,
    });
    for (const name of kept) {
      const body = await Deno.readTextFile(folder.file(name));
      demand(body === POISON, "What is kept is the body", { name, body });
    }
    return { poisonRequests: sent, workersKilled: deaths, answeredBeside: totals.answered };
  },
};
