/**
 * Runs a load generator against a queue and reads the figures that it prints.
 *
 * @module
 */

import { BenchError } from "./error.ts";
import type { RunningQueue } from "./queue_process.ts";

/** A load generator, the cores it may use as `taskset -c` takes them, and its arguments by name. */
export interface Load {
  readonly program: string;
  readonly cores: string;
  readonly options: Readonly<Record<string, string | number>>;
}

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

/** Puts a load on a queue; returns what the generator printed. */
export async function putLoad(queue: RunningQueue, { program, cores, options }: Load): Promise<unknown> {
  const named = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return await runPinned(cores, queue.name, [program, queue.protocol, queue.frontend, queue.backend, ...named]);
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
