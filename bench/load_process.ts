/**
 * Runs a load generator and reads the figures it prints.
 *
 * @module
 */

import { BenchError } from "./error.ts";

/** A load generator and how it is called. */
export interface LoadCall {
  /** Its path. */
  readonly program: string;
  /** The name of the queue that gets the load. */
  readonly queue: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** The cores it may use, as `taskset -c` takes them, such as `1` or `0,1`. */
  readonly cores: string;
}

/**
 * Writes arguments of a load generator.
 *
 * @param values By name.
 * @returns Each as `NAME=VALUE`.
 */
export function namedArguments(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}

/**
 * Runs a load generator to its end.
 *
 * @param call The program.
 * @returns Each line that it printed, read as JSON.
 * @throws {BenchError} When it ends with an error; the message holds what it says.
 */
export async function runLoad(call: LoadCall): Promise<unknown[]> {
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", call.cores, call.program, ...call.args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new BenchError(`The load on the queue ${call.queue} failed:\n${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/**
 * Reads figures that have to be there.
 *
 * @param value A line of a load generator.
 * @param names The figures' names.
 * @returns The figures.
 * @throws {BenchError} When one is missing or no number.
 */
export function readNumbers<const Name extends string>(value: unknown, names: readonly Name[]): Record<Name, number> {
  const fields = new Map<string, unknown>(Object.entries(value ?? {}));
  const read = names.map((name): [Name, number] => {
    const number = fields.get(name);
    if (typeof number !== "number") throw new BenchError(`The load printed no ${name}: ${JSON.stringify(value)}`);
    return [name, number];
  });
  return Object.fromEntries(read) as Record<Name, number>;
}
