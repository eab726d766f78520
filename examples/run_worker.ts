/**
 * What the examples in TypeScript have in common: where the queue is, and how they end.
 *
 * @module
 */

import { Log } from "../lib/log.ts";
import { standardError } from "../lib/standard_error.ts";
import { type Handler, work } from "../worker.ts";

/**
 * Works for the queue that the first argument names, or the variable SPQ_WORKER_CONNECT, until SIGTERM, Ctrl-C or the end of the terminal.
 *
 * @param handler Does the jobs, one at a time.
 */
export async function runWorker(handler: Handler): Promise<void> {
  const endpoint = Deno.args[0] ?? Deno.env.get("SPQ_WORKER_CONNECT") ?? "tcp://localhost:5556";
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, () => end.abort());
  const log = new Log(standardError(), { format: "auto", level: "info" });
  await work(handler, { connect: endpoint, signal: end.signal, log });
  Deno.exit(0);
}
