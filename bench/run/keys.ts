/**
 * The folder of keys of a queue that asks for them.
 *
 * @module
 */

import { BENCH, tryCommand } from "./build.ts";
import { BenchError } from "./error.ts";
import type { LoadOptions } from "./load.ts";

/** The key folder of a queue, with keys for a client and a worker. Disposing removes it. */
export interface KeyFolder extends AsyncDisposable {
  readonly folder: string;
  /** The arguments of `load/access.c` for these peers. */
  readonly peers: LoadOptions;
}

/**
 * Makes one.
 *
 * @throws {BenchError} When a key cannot be made.
 */
export async function makeKeys(): Promise<KeyFolder> {
  const folder = await Deno.makeTempDir({ dir: `${BENCH}build`, prefix: "keys-" });
  for (const role of ["client", "worker"]) {
    const args = ["run", "-A", `${BENCH}../queue.ts`, "key", "add", role, role, "--keys", folder];
    const added = await tryCommand(Deno.execPath(), args);
    if (added?.success !== true) throw new BenchError(`Cannot make a key: ${added?.stderr}`);
  }
  return {
    folder,
    peers: { "client-key": `${folder}/client.key`, "worker-key": `${folder}/worker.key` },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
