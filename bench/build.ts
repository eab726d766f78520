/**
 * Compiles the C programs of the benchmark.
 *
 * @module
 */

import { BenchError } from "./error.ts";

const BENCH = import.meta.dirname ?? ".";

/** The compiled programs. */
export interface Programs {
  /** The path of the Guide's queue in C. */
  readonly cQueue: string;
  /** The path of the load generator. */
  readonly load: string;
  /** The path of the load generator of the overload experiments. */
  readonly overload: string;
  /** The path of the program that kills workers. */
  readonly redelivery: string;
}

async function compile(source: string, program: string): Promise<string> {
  const output = `${BENCH}/build/${program}`;
  const gcc = new Deno.Command("gcc", {
    args: ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-o", output, `${BENCH}/${source}`, "-lzmq", "-lm"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  let result;
  try {
    result = await gcc.output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BenchError("Cannot build the C queue: gcc was not found: install gcc and libzmq3-dev", { cause: error });
  }
  if (result.success) return output;
  const complaint = new TextDecoder().decode(result.stderr);
  if (/zmq\.h: No such file|cannot find -lzmq/.test(complaint)) {
    throw new BenchError("Cannot build the C queue: libzmq or its header was not found: install libzmq3-dev");
  }
  throw new BenchError(`Cannot compile ${source}:\n${complaint}`);
}

/**
 * Compiles the C queue and the load generators with gcc, against the libzmq of this machine, into `bench/build/`.
 *
 * @returns The compiled programs.
 * @throws {BenchError} When gcc or libzmq is not installed.
 */
export async function build(): Promise<Programs> {
  await Deno.mkdir(`${BENCH}/build`, { recursive: true });
  return {
    cQueue: await compile("peers/c_queue.c", "c_queue"),
    load: await compile("load/load.c", "load"),
    overload: await compile("load/overload.c", "overload"),
    redelivery: await compile("load/redelivery.c", "redelivery"),
  };
}
