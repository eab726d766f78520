/**
 * Memory that the start of a program has used, and that is given back to the system when it serves.
 *
 * More than half of what is resident then are pages of the program's own file, Deno and V8, and most of them are never used
 * again. They need no memory of their own: the system has the file in its page cache, takes such pages away when memory runs
 * short, and brings one back when it is used.
 *
 * @module
 */

import { cLibrary, readSystemText } from "../c_library.ts";
import { encodeText } from "../zmq/c_text.ts";

/** Takes pages out of this process; those of a file that were not written to can be brought back from it. */
const MADV_DONTNEED = 4;
const PATH_MAX = 4096;

/** Begins a mapping. */
const HEADER = /^(?=[\da-f]+-[\da-f]+ )/m;
/** The first line of a private mapping of a file that cannot be written to. */
const READ_ONLY_FILE = /^([\da-f]+)-([\da-f]+) r-.p \S+ \S+ \S+ +(\/.*)$/m;

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
  for (const [from, to] of unwrittenRanges(readSystemText("/proc/self/smaps"), path)) {
    c.madvise?.(from, to - from, MADV_DONTNEED);
  }
}

/**
 * Finds the parts of a process's memory that show a file and can only be what is in the file: nobody may write to them, and
 * nobody has, as a loader or a debugger could. What was written may be swapped out. An emulator that tells of no resident pages
 * does not tell of written ones either.
 *
 * @param smaps The text of `/proc/PID/smaps`.
 * @param path The file.
 */
export function unwrittenRanges(smaps: string, path: string): MemoryRange[] {
  const ranges: MemoryRange[] = [];
  for (const mapping of smaps.split(HEADER)) {
    const [, from, to, file] = READ_ONLY_FILE.exec(mapping) ?? [];
    if (file !== path) continue;
    const kilobytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(mapping)?.[1]);
    if (kilobytes("Rss") > 0 && kilobytes("Anonymous") === 0 && kilobytes("Swap") === 0) {
      ranges.push([BigInt(`0x${from}`), BigInt(`0x${to}`)]);
    }
  }
  return ranges;
}
