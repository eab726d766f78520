/**
 * Takes one measurement: a fresh queue, a load against it, both pinned to cores.
 *
 * @module
 */

import type { CaseLoad } from "./cases.ts";
import { namedArguments, readNumbers, runLoad } from "./load_process.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";

/** Where queue and load run: cores as `taskset -c` takes them. */
export interface Pinning {
  readonly queueCores: string;
  readonly loadCores: string;
}

/** How a load is put on a queue. */
export interface LoadSetup {
  /** The path of the load generator. */
  readonly program: string;
  /** What does not count at first. */
  readonly warmupMs: number;
  /** What counts. */
  readonly measureMs: number;
  readonly pinning: Pinning;
}

/** The names of the figures of memory. */
export const MEMORY_NAMES = [
  "residentBeforeBytes",
  "residentConnectedBytes",
  "residentAfterBytes",
  "residentPeakBytes",
] as const;
const NUMBERS = [
  "connectSeconds",
  "requests",
  "seconds",
  "requestsPerSecond",
  "p50Us",
  "p99Us",
  "maxUs",
  "loadCpuSeconds",
  "queueCpuSeconds",
  ...MEMORY_NAMES,
] as const;

/** The queue's resident memory: idle, with all peers connected and each client answered once, at the end, at its peak. */
export type Memory = Readonly<Record<typeof MEMORY_NAMES[number], number>>;

/**
 * What was seen of a queue under a load, connecting and the warm-up left out: latencies are from send to reply, CPU times
 * of the load generator and of all the queue's threads.
 */
export type Measurement = Readonly<Record<typeof NUMBERS[number], number>>;

/**
 * Writes what the load generator has to know of a queue and its load.
 *
 * @param running The queue.
 * @param load The load.
 * @returns Its first arguments.
 */
export function loadArguments(running: QueueProcess, { bodyBytes, outstanding, workers, clients }: CaseLoad): string[] {
  const values = { process: running.pid, workers, clients, outstanding, bytes: bodyBytes };
  return [running.protocol, running.frontend, running.backend, ...namedArguments(values)];
}

/**
 * Puts a load on a queue that runs.
 *
 * @param running The queue.
 * @param name Its name.
 * @param load The load.
 * @param setup How.
 * @returns What was seen.
 * @throws {BenchError} When a reply was wrong or missing.
 */
export async function measureRunning(
  running: QueueProcess,
  { name, load, setup }: { readonly name: string; readonly load: CaseLoad; readonly setup: LoadSetup },
): Promise<Measurement> {
  const times = namedArguments({ warmup: setup.warmupMs, measure: setup.measureMs });
  const args = [...loadArguments(running, load), ...times];
  const [line] = await runLoad({ program: setup.program, queue: name, args, cores: setup.pinning.loadCores });
  return readNumbers(line, NUMBERS);
}

/**
 * Starts a queue, puts a load on it, and ends it.
 *
 * @param queue The queue.
 * @param load The load.
 * @param setup How, and where both run.
 * @returns What was seen.
 * @throws {BenchError} When the queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function measure(queue: QueueProgram, load: CaseLoad, setup: LoadSetup): Promise<Measurement> {
  await using running = await QueueProcess.start(queue, setup.pinning.queueCores);
  return await measureRunning(running, { name: queue.name, load, setup });
}
