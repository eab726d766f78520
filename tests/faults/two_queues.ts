/**
 * Two queues with the same workers and clients; one or the other is killed and restarted, again and again.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { KeyFolder } from "../../lib/queue/commands/key_folder.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { Folder } from "../harness/folder.ts";
import type { QueueProgram } from "../harness/programs.ts";
import type { Fault, FaultRun, Figures } from "./fault.ts";
import { restart } from "./killed_queues.ts";
import { OurClients } from "./our_clients.ts";
import { OurWorkers } from "./our_workers.ts";
import { endQueue } from "./queue_end.ts";

const CLIENTS = 6;
const WORKERS = 3;
const WORK_MS = 10;
/** Between two kills both queues live for at least this time, and for at most twice this time. */
const CALM_MS = 600;
const TIMEOUT_MS = 800;
const TRIES = 20;

/** Arguments of each kind of program. */
interface Access {
  /** Of each queue. */
  readonly queues: readonly [readonly string[], readonly string[]];
  readonly worker: readonly string[];
  readonly client: readonly string[];
}

const OPEN: Access = { queues: [[], []], worker: [], client: [] };

/** Two queues, one of which is missing at times. */
export const twoQueues: Fault = {
  name: "two-queues",
  guarantee: "two queues leave no request unanswered, and keep all workers, when one of them is killed at any time",
  needs: ["programs"],
  testMs: 15_000,
  isLong: true,
  testsBinaries: true,
  inject: async (run): Promise<Figures> => await killInTurn(run, OPEN),
};

/** The same with keys: each queue has a copy of the key folder, and each worker and client has one key for both. */
export const twoQueuesWithKeys: Fault = {
  name: "two-queues-with-keys",
  guarantee: "two queues with the same keys leave no request unanswered when one of them is killed at any time",
  needs: ["programs", "files", "ffi"],
  testMs: 15_000,
  isLong: true,
  tcpOnly: "queues ask for no keys on ipc",
  testsBinaries: true,
  inject: async (run): Promise<Figures> => {
    using folder = new Folder();
    const [one, two] = [folder.file("one"), folder.file("two")];
    const keys = new KeyFolder(await loadLibrary(), one);
    const workerKey = await keys.add({ name: "w", roles: ["worker"], publicKey: undefined });
    const clientKey = await keys.add({ name: "c", roles: ["client"], publicKey: undefined });
    await Deno.mkdir(two, { mode: 0o700 });
    for (const name of ["queue.key", "permitted"]) await Deno.copyFile(`${one}/${name}`, `${two}/${name}`);
    return await killInTurn(run, {
      queues: [["--keys", one], ["--keys", two]],
      worker: ["--key", workerKey!],
      client: ["--key", clientKey!],
    });
  },
};

async function killInTurn({ durationMs, random, startQueue }: FaultRun, access: Access): Promise<Figures> {
  const queues: QueueProgram[] = [];
  try {
    for (const args of access.queues) queues.push(await startQueue([...args, "--log-format", "json"]));
    const restartQueue = async (index: 0 | 1) => {
      queues[index] = await restart(queues[index]!, access.queues[index]);
    };
    await using workers = new OurWorkers(queues.map(({ backend }) => backend), WORKERS, WORK_MS, access.worker);
    await workers.ready();
    const options = { timeoutMs: TIMEOUT_MS, tries: TRIES, args: access.client };
    await using clients = new OurClients(queues.map(({ frontend }) => frontend), CLIENTS, options);
    await clients.answered();
    let kills = 0;
    for (const start = performance.now(); performance.now() - start < durationMs; kills++) {
      await delay(CALM_MS * (1 + random()));
      await restartQueue(kills % 2 === 0 ? 0 : 1);
    }
    // Each queue alone has enough workers.
    for (const index of [0, 1] as const) {
      await queues[index]![Symbol.asyncDispose]();
      await clients.answered(20);
      await restartQueue(index);
    }
    const { answered, retries } = await clients.finish();
    for (const queue of queues) await endQueue(queue);
    return { answered, retries, kills };
  } finally {
    for (const queue of queues) await queue[Symbol.asyncDispose]();
  }
}
