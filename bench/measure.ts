/**
 * Takes one measurement: a fresh queue, a load against it, both pinned to cores.
 *
 * @module
 */

import { readLibzmq, readNumbers, runLoad } from "./load_process.ts";
import { QueueProcess, type QueueProgram } from "./queue_process.ts";
import { spreadOf } from "./statistics.ts";

/** A load, as the load generator takes it. */
export interface Load {
  /** The path of the load generator. */
  readonly program: string;
  /** Echoing workers. */
  readonly workers: number;
  /** Requests under way at any time, each from a client of its own. */
  readonly outstanding: number;
  /** The size of a request's body, in bytes. */
  readonly bodyBytes: number;
  /** Requests that count. */
  readonly requests: number;
  /** Requests before them, which do not. */
  readonly warmup: number;
}

/** Where queue and load run: the number of a core each. */
export interface Pinning {
  readonly queueCore: number;
  readonly loadCore: number;
}

/** What was seen of a queue under a load, the warm-up left out. */
export interface Measurement {
  /** Requests answered. */
  readonly requests: number;
  /** How long that took. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
  /** Latencies from send to reply, in us. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** CPU time of the load generator. */
  readonly loadCpuSeconds: number;
  /** CPU time of the queue, all threads. */
  readonly queueCpuSeconds: number;
  /** The version of the libzmq under the load generator and the C queue. */
  readonly libzmq: string;
  /** The queue's resident memory after the load. */
  readonly residentBytes: number;
}

/** What a start costs: medians. */
export interface Start {
  /** From the start of the process to the line that says that it listens, in s. */
  readonly seconds: number;
  /** Resident memory when that line was read, in bytes. */
  readonly residentBytes: number;
}

const NUMBERS = [
  "requests",
  "seconds",
  "requestsPerSecond",
  "p50Us",
  "p99Us",
  "maxUs",
  "loadCpuSeconds",
  "queueCpuSeconds",
] as const;

/**
 * Starts a queue, puts a load on it, and ends it.
 *
 * @param queue The queue.
 * @param load The load.
 * @param pinning Where both run.
 * @returns What was seen.
 * @throws {BenchError} When the queue does not start or end as it should, or a reply was wrong or missing.
 */
export async function measure(queue: QueueProgram, load: Load, pinning: Pinning): Promise<Measurement> {
  await using running = await QueueProcess.start(queue, `${pinning.queueCore}`);
  const numbers = [load.workers, load.outstanding, load.outstanding, load.bodyBytes, load.requests, load.warmup];
  const args = [running.frontend, running.backend, ...numbers.map(String), `${running.pid}`];
  const cores = `${pinning.loadCore}`;
  const [line] = await runLoad({ program: load.program, queue: queue.name, args, cores });
  const figures = { ...readNumbers(line, NUMBERS), libzmq: readLibzmq(line) };
  return { ...figures, residentBytes: await running.residentBytes() };
}

/**
 * Starts and ends a queue several times, after one start that does not count.
 *
 * @param queue The queue.
 * @param cores The cores it may use, as `taskset -c` takes them.
 * @param times How many starts count; at least 1.
 * @returns The medians.
 * @throws {BenchError} When the queue does not start or end as it should.
 */
export async function measureStart(queue: QueueProgram, cores: string, times: number): Promise<Start> {
  const seconds: number[] = [];
  const residentBytes: number[] = [];
  for (let i = 0; i <= times; i++) {
    await using running = await QueueProcess.start(queue, cores);
    if (i === 0) continue;
    seconds.push(running.startSeconds);
    residentBytes.push(await running.residentBytes());
  }
  return { seconds: spreadOf(seconds).median, residentBytes: spreadOf(residentBytes).median };
}
