/**
 * Reads from the beginning of a program's file what else the system needs to start it: the interpreter of a script, or
 * the loader of a binary.
 *
 * @module
 */

/** How many bytes of a file this module looks at. */
export const HEAD_SIZE = 4096;

/** What a file's beginning says. */
export type Interpreter =
  /** The file needs nothing else, or does not say in a known way what it needs. */
  | { readonly kind: "none" }
  /**
   * A script that does not name its interpreter. Some ways of starting a program pass such a file to a shell; others
   * fail.
   */
  | { readonly kind: "text" }
  /** A script with the first line `#!PATH [ARGUMENT]`. On Linux, everything after the path is one argument. */
  | { readonly kind: "script"; readonly path: string; readonly argument: string; readonly line: string }
  /** An ELF binary with its dynamic loader. */
  | { readonly kind: "loader"; readonly path: string }
  /** A script whose first line is hidden from the system by a byte order mark. */
  | { readonly kind: "byte order mark" };

/** How much of a script's first line Linux reads, in bytes. */
const MAX_LINE_SIZE = 255;
const LINE_FEED = 0x0a;
const BLANKS = /[ \t]+/;
const HASH_BANG = [0x23, 0x21];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];
/** The kind of program header that names the loader: `PT_INTERP`. */
const LOADER_HEADER = 3;

/** The offsets of the fields of an ELF header and its program headers, for 32 and 64 bits: elf(5). */
const ELF_LAYOUTS = {
  1: { offset: 28, entrySize: 42, entryCount: 44, fileOffset: 4, fileSize: 16 },
  2: { offset: 32, entrySize: 54, entryCount: 56, fileOffset: 8, fileSize: 32 },
} as const;

/**
 * Reads the beginning of a program's file.
 *
 * @param head The file's first {@linkcode HEAD_SIZE} bytes, or all of it.
 * @returns What it needs.
 */
export function interpreterOf(head: Uint8Array): Interpreter {
  if (startsWith(head, HASH_BANG)) return scriptInterpreter(head);
  if (startsWith(head, [...BYTE_ORDER_MARK, ...HASH_BANG])) return { kind: "byte order mark" };
  if (startsWith(head, ELF_MAGIC)) return elfLoader(head);
  // All binary formats contain a NUL near the beginning.
  return { kind: head.includes(0) ? "none" : "text" };
}

/**
 * The program that `env` looks up in PATH, for a first line such as `#!/usr/bin/env python3` or `#!/usr/bin/env -S node
 * --test`.
 *
 * @param script The script's interpreter.
 * @returns The name; `undefined` when the interpreter is not `env`, or has options that are not known here.
 */
export function programOfEnv(script: { readonly path: string; readonly argument: string }): string | undefined {
  if (!/(^|\/)env$/.test(script.path)) return undefined;
  const isSplit = script.argument.startsWith("-S");
  const name = isSplit
    ? script.argument.slice("-S".length).split(BLANKS).find((word) => word !== "" && !word.includes("="))
    : script.argument;
  return name === undefined || name === "" || /^-|=/.test(name) ? undefined : name;
}

function scriptInterpreter(head: Uint8Array): Interpreter {
  const lineEnd = head.indexOf(LINE_FEED);
  const line = new TextDecoder().decode(head.subarray(0, lineEnd < 0 ? head.length : lineEnd));
  // A line of which the system reads only a part cannot be judged here.
  if (line.length > MAX_LINE_SIZE) return { kind: "none" };
  // Only spaces and tabs separate; a carriage return is part of the name. In C, a NUL ends the name.
  const [, path = "", argument = ""] = /^[ \t]*([^ \t\0]*)[ \t]*(.*?)[ \t]*$/s.exec(line.slice(HASH_BANG.length)) ?? [];
  return path === "" ? { kind: "text" } : { kind: "script", path, argument, line };
}

function elfLoader(head: Uint8Array): Interpreter {
  const none: Interpreter = { kind: "none" };
  const layout = ELF_LAYOUTS[head[4] as 1 | 2];
  const isLittleEndian = head[5] === 1;
  if (layout === undefined || head.length < 64) return none;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const word = (at: number) => {
    const isWide = layout === ELF_LAYOUTS[2];
    if (at + (isWide ? 8 : 4) > head.length) return Infinity;
    return isWide ? Number(view.getBigUint64(at, isLittleEndian)) : view.getUint32(at, isLittleEndian);
  };
  const entrySize = view.getUint16(layout.entrySize, isLittleEndian);
  const entryCount = view.getUint16(layout.entryCount, isLittleEndian);
  for (let index = 0; index < entryCount; index++) {
    const entry = word(layout.offset) + index * entrySize;
    if (entry + 4 > head.length) return none;
    if (view.getUint32(entry, isLittleEndian) !== LOADER_HEADER) continue;
    const start = word(entry + layout.fileOffset);
    // It ends with a NUL.
    const end = start + word(entry + layout.fileSize) - 1;
    if (end > head.length) return none;
    return { kind: "loader", path: new TextDecoder().decode(head.subarray(start, end)) };
  }
  return none;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
