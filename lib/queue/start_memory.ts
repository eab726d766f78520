/**
 * Memory that the start of a program has used, and that is given back to the system when it serves.
 *
 * More than half of what is resident then are pages of the program's own file, Deno and V8, and most of them are never used
 * again. They need no memory of their own: the system has the file in its page cache, takes such pages away when memory runs
 * short, and brings one back when it is used.
 *
 * @module
 */

import { cLibrary, readSystemFile } from "../c_library.ts";
import { encodeText } from "../zmq/c_text.ts";

/** Takes pages out of this process; those of a file that were not written to can be brought back from it. */
const MADV_DONTNEED = 4;
const PATH_MAX = 4096;

/** A mapping of a file that cannot be written to, with the lines behind it up to the one that says that nothing was. */
const UNWRITTEN = /^([\da-f]+)-([\da-f]+) r-.p \S+ \S+ \S+ +(\/.*)\n(?:\w+:.*\n)*?Anonymous: +0 kB$/gm;

/** A part of this process's memory: from an address up to another. */
export type MemoryRange = readonly [from: bigint, to: bigint];

/** Gives back what malloc keeps free (with glibc), and pages of the program's file (on Linux). Elsewhere nothing happens. */
export function giveBackStartMemory(): void {
  const c = cLibrary();
  if (c === undefined) return;
  c.malloc_trim?.(0n);
  if (Deno.build.os !== "linux") return;
  const program = new Uint8Array(PATH_MAX);
  const length = Number(c.readlink(encodeText("/proc/self/exe"), program, BigInt(program.length)));
  if (length <= 0) return;
  const path = new TextDecoder().decode(program.subarray(0, length));
  for (const [from, to] of unwrittenRanges(readSystemFile("/proc/self/smaps"), path)) {
    c.madvise?.(from, to - from, MADV_DONTNEED);
  }
}

/**
 * Finds the parts of a process's memory that show a file and can only be what is in the file: nobody may write to them, and
 * nobody has, as a loader or a debugger could.
 *
 * @param smaps The text of `/proc/PID/smaps`.
 * @param path The file.
 */
export function unwrittenRanges(smaps: string, path: string): MemoryRange[] {
  const ranges: MemoryRange[] = [];
  for (const [, from, to, file] of smaps.matchAll(UNWRITTEN)) {
    if (file === path) ranges.push([BigInt(`0x${from}`), BigInt(`0x${to}`)]);
  }
  return ranges;
}
