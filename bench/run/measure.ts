/**
 * Takes one measurement of a queue under load.
 *
 * @module
 */

import { putLoad, readNumbers } from "./load.ts";
import type { RunningQueue } from "./queue_process.ts";

/** What clients and workers do. */
export interface CaseLoad {
  /** The size of a request's body. */
  readonly bodyBytes: number;
  /** Requests under way at any time. */
  readonly outstanding: number;
  /** Workers, which echo at once. */
  readonly workers: number;
  /** Connected clients: as many as there are outstanding requests ask, the others idle. */
  readonly clients: number;
}

/** How a load is put on a queue. */
export interface LoadSetup {
  /** The path of the load generator. */
  readonly program: string;
  /** The load's cores. */
  readonly cores: string;
  /** What does not count at first. */
  readonly warmupMs: number;
  /** What counts. */
  readonly measureMs: number;
}

/** A load as arguments of the load generator. */
export function loadOptions(queue: RunningQueue, load: CaseLoad): Record<string, number> {
  const { bodyBytes: bytes, outstanding, workers, clients } = load;
  return { process: queue.pid, bytes, outstanding, workers, clients };
}

const MEASURED = [
  "connectSeconds",
  "requestsPerSecond",
  "queueCpuUs",
  "loadCpuUs",
  "p50Us",
  "p99Us",
  "peakMiB",
] as const;

/** What the load generator prints; CPU time is per request, and the peak of memory is above that of the idle queue. */
export type Measurement = Readonly<Record<typeof MEASURED[number], number>>;

/**
 * Puts a load on a queue.
 *
 * @throws {BenchError} When a reply was wrong or missing.
 */
export async function measure(queue: RunningQueue, load: CaseLoad, setup: LoadSetup): Promise<Measurement> {
  const { program, cores, warmupMs, measureMs } = setup;
  const options = { ...loadOptions(queue, load), warmup: warmupMs, measure: measureMs };
  return readNumbers(await putLoad(queue, { program, cores, options }), MEASURED);
}
