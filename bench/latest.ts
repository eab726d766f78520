/**
 * The results of the latest benchmark, as a file.
 *
 * @module
 */

import { BenchError } from "./error.ts";
import { parseResults, type Results } from "./results.ts";

const FOLDER = `${import.meta.dirname ?? "."}/results`;
const FILE = `${FOLDER}/latest.json`;

/**
 * Reads them.
 *
 * @returns The results.
 * @throws {BenchError} When there are none, or they are of another version of the benchmark.
 */
export async function readLatest(): Promise<Results> {
  try {
    return parseResults(await Deno.readTextFile(FILE));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BenchError("There are no results: run deno task bench first", { cause: error });
  }
}

/**
 * Writes them.
 *
 * @param results The results.
 */
export async function writeLatest(results: Results): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(FILE, `${JSON.stringify(results, null, 2)}\n`);
}
