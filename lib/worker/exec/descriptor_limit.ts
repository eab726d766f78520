/**
 * The limit on open files that programs get.
 *
 * Deno raises its own limit to the maximum. Some programs fail with such a limit (`select` handles 1,024 descriptors)
 * or become slow (those that close all descriptors one by one), so programs get the limit that the worker was started
 * with.
 *
 * @module
 */

import { cLibrary, type CSymbols, readSystemText } from "../../c_library.ts";

/** On Linux. */
const RLIMIT_NOFILE = 7;
/** The most Deno processes between the worker and whatever started it: `deno task` is one. */
const MAX_DENO_PARENTS = 3;

let original: bigint | undefined | null = null;

/**
 * Gives a program the worker's original limit. Does nothing if that limit is unknown, or the program has it already.
 *
 * @param pid The program, which has just been started.
 */
export function restoreDescriptorLimit(pid: number): void {
  const symbols = cLibrary();
  if (symbols === undefined || symbols.prlimit === null) return;
  if (original === null) original = originalLimit(symbols);
  if (original === undefined) return;
  const limits = limitsOf(symbols, pid);
  if (limits === undefined || limits[0]! <= original) return;
  symbols.prlimit(pid, RLIMIT_NOFILE, new BigUint64Array([original, limits[1]!]), null);
}

/** The limit of the process that started this one, which is the limit of this one before Deno raised it. */
function originalLimit(symbols: CSymbols): bigint | undefined {
  let pid = symbols.getppid();
  for (let count = 0; count < MAX_DENO_PARENTS && pid > 0; count++) {
    const stat = readSystemText(`/proc/${pid}/stat`);
    const [, name, parent] = /\((.*)\) \S (\d+)/s.exec(stat) ?? [];
    if (name !== "deno") break;
    pid = Number(parent);
  }
  return pid > 0 ? limitsOf(symbols, pid)?.[0] : undefined;
}

/** The soft and the hard limit of a process. */
function limitsOf(symbols: CSymbols, pid: number): BigUint64Array<ArrayBuffer> | undefined {
  const limits = new BigUint64Array(2);
  return symbols.prlimit!(pid, RLIMIT_NOFILE, null, limits) === 0 ? limits : undefined;
}
