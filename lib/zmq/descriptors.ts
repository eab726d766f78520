/**
 * Counts file descriptors: how many this process may have, how many it has open, and how many are left.
 *
 * @module
 */

import { readSystemText } from "../c_library.ts";
import { lookAt } from "./files.ts";
import type { Symbols } from "./symbols.ts";

/** The resource of getrlimit(2): the number of descriptors. */
const RLIMIT_NOFILE = Deno.build.os === "darwin" ? 8 : 7;
/** macOS refuses more than this (`OPEN_MAX`), regardless of its hard limit. */
const MAX_LIMIT = Deno.build.os === "darwin" ? 10_240n : 2n ** 31n - 1n;
/** A `struct pollfd` as two numbers: first fd, then events with revents in the upper 16 bits. */
const POLL_FD_INTS = 2;
/** `POLLNVAL` in revents: there is no such descriptor. The same on Linux and macOS. */
const INVALID_DESCRIPTOR = 0x20 << 16;
/** A folder with an entry per descriptor. Since Linux 6.2, its size is the number of descriptors. */
const OPEN_DESCRIPTORS = "/proc/self/fd";
/** A file that contains the size of the descriptor table. */
const PROCESS_STATUS = "/proc/self/status";
/**
 * How many descriptors to check where the system provides neither. New descriptors get the lowest free number, so few
 * are higher.
 */
const MAX_CHECKED = 65_536;
/** How many descriptors to check per system call. */
const CHECKS_PER_CALL = 1024;

/**
 * Reads the limit.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns How many descriptors this process may have (the soft limit of `RLIMIT_NOFILE`).
 */
export function descriptorLimit(symbols: Symbols): number {
  return Number(readLimits(symbols)[0]);
}

/**
 * Raises the soft limit to the hard limit. Deno itself does so when it runs a program from source, but not in binaries.
 * The default is low for the sake of programs that use select(2), which this one does not.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns The limit from now on.
 */
export function raiseDescriptorLimit(symbols: Symbols): number {
  const [soft, hard] = readLimits(symbols);
  const wanted = hard < MAX_LIMIT ? hard : MAX_LIMIT;
  if (soft < wanted) symbols.setrlimit(RLIMIT_NOFILE, new BigUint64Array([wanted, hard]));
  return descriptorLimit(symbols);
}

/**
 * Counts the descriptors that this process has left.
 *
 * @param symbols libzmq, and the C library with it.
 * @param enough The number at which counting may stop.
 * @returns How many are left. If that is `enough` or more, there may be even more.
 */
export function countFreeDescriptors(symbols: Symbols, enough: number): number {
  const open = countListed(symbols);
  return open > 0 ? Math.max(0, descriptorLimit(symbols) - open) : countByLooking(symbols, enough);
}

/**
 * Counts the descriptors that this process has open.
 *
 * @param symbols libzmq, and the C library with it.
 */
export function countOpenDescriptors(symbols: Symbols): number {
  const listed = countListed(symbols);
  if (listed > 0) return listed;
  // Checking up to the limit could take too long: it may be a billion.
  const size = descriptorTableSize(readSystemText(PROCESS_STATUS)) ?? MAX_CHECKED;
  const end = Math.min(descriptorLimit(symbols), size);
  return end - countFreeBelow(symbols, end, Infinity);
}

/**
 * Reads the size of a process's descriptor table. All its descriptors are below that number.
 *
 * @param status The text of `/proc/PID/status`.
 * @returns The size; `undefined` if the text does not contain it.
 */
export function descriptorTableSize(status: string): number | undefined {
  const [, size] = /^FDSize:\s*(\d+)$/m.exec(status) ?? [];
  return size === undefined ? undefined : Number(size);
}

/** The number of descriptors according to the system; 0 where it does not provide that. */
function countListed(symbols: Symbols): number {
  return Deno.build.os === "linux" ? Number(lookAt(symbols, OPEN_DESCRIPTORS)?.size ?? 0) : 0;
}

/**
 * Counts like {@linkcode countFreeDescriptors}, by checking each descriptor.
 *
 * @param symbols libzmq, and the C library with it.
 * @param enough The number at which counting may stop.
 * @returns How many are left.
 */
export function countByLooking(symbols: Symbols, enough: number): number {
  return countFreeBelow(symbols, descriptorLimit(symbols), enough);
}

function countFreeBelow(symbols: Symbols, limit: number, enough: number): number {
  let free = 0;
  const entries = new Int32Array(CHECKS_PER_CALL * POLL_FD_INTS);
  // Start at the top: the lowest free number is assigned first, so the free ones are there.
  for (let end = limit; end > 0 && free < enough; end -= CHECKS_PER_CALL) {
    const count = Math.min(CHECKS_PER_CALL, end);
    for (let index = 0; index < count; index++) {
      entries[index * POLL_FD_INTS] = end - 1 - index;
      entries[index * POLL_FD_INTS + 1] = 0;
    }
    // If a signal interrupts this call, it finds nothing, and fewer are counted than there are.
    symbols.poll(entries, BigInt(count), 0);
    for (let index = 0; index < count; index++) {
      if ((entries[index * POLL_FD_INTS + 1]! & INVALID_DESCRIPTOR) !== 0) free++;
    }
  }
  return free;
}

/** The soft and the hard limit. */
function readLimits(symbols: Symbols): BigUint64Array<ArrayBuffer> & { 0: bigint; 1: bigint } {
  const limits = new BigUint64Array(2);
  symbols.getrlimit(RLIMIT_NOFILE, limits);
  return limits as typeof limits & { 0: bigint; 1: bigint };
}
