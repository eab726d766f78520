/**
 * Puts loads on queues and reads the figures that the load generators print.
 *
 * @module
 */

import { BenchError } from "./error.ts";
import type { Endpoints, QueueProgram } from "./queue_process.ts";

/** A load generator and the cores it may use, as `taskset -c` takes them. */
export interface Generator {
  readonly program: string;
  readonly cores: string;
}

/** Arguments of a load generator by name. */
export type LoadOptions = Readonly<Record<string, string | number>>;

/**
 * Runs a program on chosen cores to its end.
 *
 * @returns The JSON that it printed.
 * @throws {BenchError} When it ends with an error; the message holds what it says.
 */
export async function runPinned(cores: string, subject: string, command: readonly string[]): Promise<unknown> {
  const child = new Deno.Command("taskset", { args: ["-c", cores, ...command], stdin: "null" });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new BenchError(`The load on ${subject} failed: ${decoder.decode(stderr).trim()}`);
  return JSON.parse(decoder.decode(stdout));
}

/** What a load is put on: a queue, or several. */
export interface Target extends Endpoints {
  readonly program: QueueProgram;
  /** The process whose CPU time and memory count, or several with commas between them. */
  readonly pid: number | string;
}

/** Puts a load on a queue; returns what the generator printed. */
export async function putLoad(queue: Target, generator: Generator, options: LoadOptions): Promise<unknown> {
  const { program: { name, protocol }, frontend, backend } = queue;
  const named = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return await runPinned(generator.cores, name, [generator.program, protocol, frontend, backend, ...named]);
}

/**
 * Reads fields that have to be there.
 *
 * @throws {BenchError} When one is missing, or of another type.
 */
export function readFields<const Name extends string, T>(
  printed: unknown,
  names: readonly Name[],
  isRight: (value: unknown) => value is T,
): Record<Name, T> {
  const fields = new Map<string, unknown>(Object.entries(printed ?? {}));
  const read = names.map((name): [Name, T] => {
    const value = fields.get(name);
    if (!isRight(value)) throw new BenchError(`The load printed no ${name}: ${JSON.stringify(printed)}`);
    return [name, value];
  });
  return Object.fromEntries(read) as Record<Name, T>;
}

/** Reads numbers that have to be there. */
export function readNumbers<const Name extends string>(printed: unknown, names: readonly Name[]): Record<Name, number> {
  return readFields(printed, names, (value) => typeof value === "number");
}

/** Whether a value is a list of numbers. */
export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

/** What clients and workers of `load/load.c` do. */
export interface PlainLoad {
  /** The size of a request's body. */
  readonly bytes: number;
  /** Requests under way at any time. */
  readonly outstanding: number;
  /** Workers, which echo at once. */
  readonly workers: number;
  /** Connected clients: as many as there are outstanding requests ask, the others idle. */
  readonly clients: number;
}

const MEASURED = [
  "connectSeconds",
  "idleMiB",
  "requestsPerSecond",
  "queueCpuUs",
  "loadCpuUs",
  "p50Us",
  "p99Us",
  "peakMiB",
] as const;

/** What `load/load.c` prints: CPU time per request, and the peak of memory above that of the idle queue. */
export interface Measurement extends Readonly<Record<typeof MEASURED[number], number>> {
  /** The CPU time of each process. */
  readonly processCpuUs: readonly number[];
}

/**
 * Puts a plain load on a queue.
 *
 * @param times What does not count at first, and what counts, in milliseconds.
 * @throws {BenchError} When a reply was wrong or missing.
 */
export async function measure(
  queue: Target,
  generator: Generator,
  { bytes, outstanding, workers, clients }: PlainLoad,
  times: { readonly warmup: number; readonly measure: number },
): Promise<Measurement> {
  const options = { process: queue.pid, bytes, outstanding, workers, clients, ...times };
  const printed = await putLoad(queue, generator, options);
  return { ...readNumbers(printed, MEASURED), ...readFields(printed, ["processCpuUs"], isNumbers) };
}
