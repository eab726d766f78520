/**
 * The arguments and the environment of this process as the operating system has them. Deno gives arguments as text, in
 * which bytes that are not UTF-8 have become the replacement character U+FFFD, and lists the names of variables only
 * with permission to read all of them.
 *
 * @module
 */

import { cLibrary, readSystemFile } from "../c_library.ts";

/** Replaces bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";
const POINTER_BYTES = 8;

/**
 * Lists the names of all environment variables.
 *
 * @returns The names; empty where the system does not provide them.
 */
export function environmentNames(): string[] {
  return environmentEntries().map((entry) => Deno.UnsafePointerView.getCString(entry).replace(/=.*/s, ""));
}

/**
 * Says whether Deno may have altered an argument of this process.
 *
 * @param argument The argument as Deno gives it.
 */
export function isArgumentAltered(argument: string): boolean {
  if (!argument.includes(REPLACEMENT)) return false;
  const own = commandLineOf(Deno.pid);
  if (own === undefined) return true;
  // A task's arguments have already passed through another Deno.
  const before = commandLineOf(Deno.ppid) ?? [];
  return [...own, ...before].some((bytes) => !isUtf8(bytes) && new TextDecoder().decode(bytes) === argument);
}

/** The system's pointers to this process's `NAME=value` strings. */
function environmentEntries(): Deno.PointerObject[] {
  const variable = cLibrary()?.environ ?? null;
  const list = variable === null ? null : new Deno.UnsafePointerView(variable).getPointer();
  if (list === null) return [];
  const view = new Deno.UnsafePointerView(list);
  const entries: Deno.PointerObject[] = [];
  for (;;) {
    const entry = view.getPointer(entries.length * POINTER_BYTES);
    if (entry === null) return entries;
    entries.push(entry);
  }
}

/** The arguments of a process, including the program; `undefined` where the system does not provide them. */
function commandLineOf(pid: number): Uint8Array[] | undefined {
  const line = readSystemFile(`/proc/${pid}/cmdline`);
  return line && splitAtNul(line);
}

/** Splits at the NUL that ends each piece. */
function splitAtNul(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    pieces.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return pieces;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
