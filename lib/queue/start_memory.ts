/**
 * Gives memory that only the start of the program needed back to the system.
 *
 * After the start, more than half of the resident memory is pages of the program's own file (Deno and V8), and most of them
 * are never used again. They can be dropped: the system reads a page again from the file, or from the page cache, when it is
 * used.
 *
 * @module
 */

import { cLibrary, readSystemText } from "../c_library.ts";
import { encodeText } from "../zmq/c_text.ts";

/** Drops pages from this process. Unmodified pages of a file are read from it again when they are used. */
const MADV_DONTNEED = 4;
const PATH_MAX = 4096;

/** The start of a mapping's entry. */
const HEADER = /^(?=[\da-f]+-[\da-f]+ )/m;
/** The first line of a private, read-only mapping of a file. */
const READ_ONLY_FILE = /^([\da-f]+)-([\da-f]+) r-.p \S+ \S+ \S+ +(\/.*)$/m;

/** A range of this process's memory; `to` is the first address after it. */
export type MemoryRange = readonly [from: bigint, to: bigint];

/** Gives back malloc's free memory (with glibc) and pages of the program's file (on Linux). Elsewhere it does nothing. */
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
 * Finds the ranges of a process's memory that map a file and certainly equal its content: they are read-only, and have not
 * been modified either, as a loader or a debugger could. Modified pages may be swapped out, so ranges with swapped pages are
 * left out, and so are those without resident pages: an emulator that reports none does not report modified ones either.
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
