/**
 * Measures how long a request takes from the death of its worker to the next one.
 *
 * @module
 */

import { readNumbers, runLoad } from "./load_process.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import { print, printTable } from "./table.ts";

/** What `--only` names. */
export const REDELIVERY = "redelivery";

/** What became of requests whose workers were killed. */
export interface Redelivery {
  /** Workers killed. */
  readonly kills: number;
  /** Requests that came to another worker. */
  readonly redelivered: number;
  /** Requests that came to none within a second. */
  readonly lost: number;
  /** From the signal to the arrival; 0 when all were lost. */
  readonly medianMs: number;
  readonly maxMs: number;
}

const NAMES = ["kills", "redelivered", "lost", "medianMs", "maxMs"] as const;

/** How it is measured. */
export interface RedeliverySetup {
  /** The path of the program that kills workers. */
  readonly program: string;
  /** How many it kills. */
  readonly kills: number;
  /** The cores of queue and workers, as `taskset -c` takes them. */
  readonly cores: string;
}

/**
 * Starts a queue and kills workers that have a request, one after the other.
 *
 * @param queue The queue.
 * @param setup How many.
 * @returns What became of the requests.
 * @throws {BenchError} When the queue does not start or end as it should, or a request comes to no worker at all.
 */
export async function measureRedelivery(queue: QueueProgram, setup: RedeliverySetup): Promise<Redelivery> {
  await using running = await QueueProcess.start(queue, setup.cores);
  const args = [running.frontend, running.backend, `${setup.kills}`];
  const [line] = await runLoad({ program: setup.program, queue: queue.name, args, cores: setup.cores });
  return readNumbers(line, NAMES);
}

/**
 * Prints what became of the requests.
 *
 * @param results By the queue's name.
 */
export function printRedelivery(results: ReadonlyMap<string, Redelivery>): void {
  const time = ({ redelivered }: Redelivery, ms: number) => redelivered === 0 ? "-" : ms.toFixed(1);
  print("");
  print(`${REDELIVERY}: a worker is killed with SIGKILL while it has a request`);
  printTable([
    ["", "kills", "lost", "to another worker, median ms", "max ms"],
    ...[...results].map(([queue, result]) => [
      queue,
      `${result.kills}`,
      `${result.lost}`,
      time(result, result.medianMs),
      time(result, result.maxMs),
    ]),
  ]);
}
