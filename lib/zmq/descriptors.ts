/**
 * How many file descriptors this process may have, and how many it has and has left.
 *
 * @module
 */

import { readSystemText } from "../c_library.ts";
import { lookAt } from "./files.ts";
import type { Symbols } from "./symbols.ts";

/** `RLIMIT_NOFILE`. */
const RESOURCE = Deno.build.os === "darwin" ? 8 : 7;
/** macOS refuses more than this (`OPEN_MAX`), whatever its hard limit says. */
const MOST = Deno.build.os === "darwin" ? 10_240n : 2n ** 31n - 1n;
/** A `struct pollfd` as two numbers: fd; events, and above them 16 bits of revents. */
const POLL_FD_INTS = 2;
/** `POLLNVAL` in revents: there is no such descriptor. The same on Linux and macOS. */
const NO_DESCRIPTOR = 0x20 << 16;
/** Has an entry for each descriptor, and since Linux 6.2 that is its size. */
const OPEN_DESCRIPTORS = "/proc/self/fd";
/** Says how long the table of descriptors is. */
const PROCESS_STATUS = "/proc/self/status";
/** How many are looked at where the system says neither: the lowest free number is given first, so few have higher ones. */
const MOST_LOOKED_AT = 65_536;
/** How many descriptors are looked at in one system call. */
const CHUNK = 1024;

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
 * Raises the limit as far as this process may (the soft limit to the hard one), as Deno itself does from source but not in
 * binaries. The limit is low by default for the sake of programs that use select(2), which this one does not.
 *
 * @param symbols libzmq, and the C library with it.
 * @returns The limit from now on.
 */
export function raiseDescriptorLimit(symbols: Symbols): number {
  const [soft, hard] = readLimits(symbols);
  const wanted = hard < MOST ? hard : MOST;
  if (soft < wanted) symbols.setrlimit(RESOURCE, new BigUint64Array([wanted, hard]));
  return descriptorLimit(symbols);
}

/**
 * Counts the descriptors that this process has left.
 *
 * @param symbols libzmq, and the C library with it.
 * @param enough Where the count may end.
 * @returns How many are left; with `enough` or more there may be others.
 */
export function countFreeDescriptors(symbols: Symbols, enough: number): number {
  const open = countListed(symbols);
  return open > 0 ? Math.max(0, descriptorLimit(symbols) - open) : countByLooking(symbols, enough);
}

/**
 * Counts the descriptors that this process has.
 *
 * @param symbols libzmq, and the C library with it.
 */
export function countOpenDescriptors(symbols: Symbols): number {
  const listed = countListed(symbols);
  if (listed > 0) return listed;
  // Not up to the limit, which may be a thousand million.
  const size = descriptorTableSize(readSystemText(PROCESS_STATUS)) ?? MOST_LOOKED_AT;
  const end = Math.min(descriptorLimit(symbols), size);
  return end - countFreeBelow(symbols, end, Infinity);
}

/**
 * Finds the number that all descriptors of a process are below.
 *
 * @param status The text of `/proc/PID/status`.
 * @returns The number; `undefined` when the text does not say it.
 */
export function descriptorTableSize(status: string): number | undefined {
  const [, size] = /^FDSize:\s*(\d+)$/m.exec(status) ?? [];
  return size === undefined ? undefined : Number(size);
}

/** Counts those that the system lists; 0 where it does not say how many these are. */
function countListed(symbols: Symbols): number {
  return Deno.build.os === "linux" ? Number(lookAt(symbols, OPEN_DESCRIPTORS)?.size ?? 0) : 0;
}

/**
 * Counts as {@linkcode countFreeDescriptors}, by asking for each descriptor whether it is there.
 *
 * @param symbols libzmq, and the C library with it.
 * @param enough Where the count may end.
 * @returns How many are left.
 */
export function countByLooking(symbols: Symbols, enough: number): number {
  return countFreeBelow(symbols, descriptorLimit(symbols), enough);
}

function countFreeBelow(symbols: Symbols, limit: number, enough: number): number {
  let free = 0;
  const entries = new Int32Array(CHUNK * POLL_FD_INTS);
  // From the top: the lowest free number is given first, so that is where they are.
  for (let end = limit; end > 0 && free < enough; end -= CHUNK) {
    const count = Math.min(CHUNK, end);
    for (let index = 0; index < count; index++) {
      entries[index * POLL_FD_INTS] = end - 1 - index;
      entries[index * POLL_FD_INTS + 1] = 0;
    }
    // Fails when a signal interrupts it, and then has found nothing: fewer are counted than there are.
    symbols.poll(entries, BigInt(count), 0);
    for (let index = 0; index < count; index++) {
      if ((entries[index * POLL_FD_INTS + 1]! & NO_DESCRIPTOR) !== 0) free++;
    }
  }
  return free;
}

/** The soft and the hard limit. */
function readLimits(symbols: Symbols): BigUint64Array<ArrayBuffer> & { 0: bigint; 1: bigint } {
  const limits = new BigUint64Array(2);
  symbols.getrlimit(RESOURCE, limits);
  return limits as typeof limits & { 0: bigint; 1: bigint };
}
