/**
 * Measures the memory that idle clients take.
 *
 * @module
 */

import { ratioGoal } from "./goals.ts";
import { namedArguments, readNumbers, runLoad } from "./load_process.ts";
import { loadArguments, type Memory, MEMORY_NAMES } from "./measure.ts";
import type { PartResult, PartSetup } from "./part.ts";
import { descriptorLimit, QueueProcess, type QueueProgram } from "./queue_process.ts";
import { C_QUEUE, OURS } from "./queues.ts";
import { print, printTable } from "./table.ts";

/** What `--only` names. */
export const IDLE_CLIENTS = "idle-clients";

/** What a queue needs beside its clients. */
const OTHER_DESCRIPTORS = 100;

/** The memory of one queue with so many idle clients. */
export interface IdleClientsRow {
  readonly queue: string;
  readonly clients: number;
  readonly memory: Memory;
  /** What a client takes, in bytes. */
  readonly perClientBytes: number;
}

async function measureMemory(
  queue: QueueProgram,
  clients: number,
  { program, pinning }: PartSetup,
): Promise<IdleClientsRow> {
  await using running = await QueueProcess.start(queue, pinning.queueCores);
  const load = { bodyBytes: 32, outstanding: 1, workers: 1, clients };
  const args = [...loadArguments(running, load), ...namedArguments({ measure: 0 })];
  const [line] = await runLoad({ program, queue: queue.name, args, cores: pinning.loadCores });
  const memory = readNumbers(line, MEMORY_NAMES);
  const perClientBytes = (memory.residentConnectedBytes - memory.residentBeforeBytes) / clients;
  return { queue: queue.name, clients, memory, perClientBytes };
}

/**
 * Connects clients to each queue, each of which is answered once and then idles.
 *
 * @param queues The queues.
 * @param counts Numbers of clients.
 * @param setup How.
 * @returns A row for each queue and number.
 * @throws {BenchError} When a queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function runIdleClients(
  queues: readonly QueueProgram[],
  counts: readonly number[],
  setup: PartSetup,
): Promise<PartResult<IdleClientsRow>> {
  const limit = await descriptorLimit();
  const isPossible = (clients: number) => clients + OTHER_DESCRIPTORS <= limit;
  const rows: IdleClientsRow[] = [];
  for (const clients of counts.filter(isPossible)) {
    for (const queue of queues) rows.push(await measureMemory(queue, clients, setup));
  }
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  // The first clients also bring what V8 makes once, for the first messages ever.
  const furtherBytes = (name: string) => {
    const [first, last] = [fewest, most].map((count) =>
      rows.find((row) => row.queue === name && row.clients === count)
    );
    if (first === undefined || last === undefined || first === last) return undefined;
    return [(last.memory.residentConnectedBytes - first.memory.residentConnectedBytes) / (most - fewest)];
  };
  const figure = `memory of each idle client after the first ${fewest} / ${C_QUEUE}`;
  const goals = OURS.flatMap((queue) =>
    ratioGoal({ queue, subject: IDLE_CLIENTS, figure }, {
      values: furtherBytes(queue),
      references: furtherBytes(C_QUEUE),
      goal: { atMost: 1.1 },
    })
  );
  const leftOut = counts.filter((clients) => !isPossible(clients)).map((clients) => ({
    name: `${IDLE_CLIENTS}, ${clients}`,
    reason: `ulimit -Hn is ${limit}`,
  }));
  return { rows, goals, leftOut };
}

/**
 * Writes the rows into cells.
 *
 * @param rows What was measured.
 * @returns A table, the heading first.
 */
export function idleClientsTable(rows: readonly IdleClientsRow[]): string[][] {
  return [
    ["", "clients", "resident, MiB", "a client, KiB"],
    ...rows.map(({ queue, clients, memory, perClientBytes }) => [
      queue,
      `${clients}`,
      (memory.residentConnectedBytes / 2 ** 20).toFixed(1),
      (perClientBytes / 2 ** 10).toFixed(1),
    ]),
  ];
}

/**
 * Prints what idle clients take.
 *
 * @param rows What was measured.
 */
export function printIdleClients(rows: readonly IdleClientsRow[]): void {
  print("");
  print(`${IDLE_CLIENTS}: each was answered once`);
  printTable(idleClientsTable(rows));
}
