/**
 * Describes the machine that the benchmark runs on.
 *
 * @module
 */

import { cpus, release, totalmem, type } from "node:os";

/** This machine in one line: processor, cores, memory, kernel. */
export function machineText(): string {
  const processors = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`;
  return `${
    processors[0]?.model ?? "unknown processor"
  }, ${processors.length} cores, ${memory}, ${type()} ${release()}`;
}
