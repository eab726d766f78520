/**
 * What the system needs besides a program's file to start it, as the file's beginning says: the interpreter of a script, or
 * the loader of a binary.
 *
 * @module
 */

/** How much of a file this module looks at, in bytes. */
export const HEAD_SIZE = 4096;

/** What a file's beginning says. */
export type Interpreter =
  /** The file needs nothing else, or does not say in a known way what. */
  | { readonly kind: "none" }
  /** A script that does not say which interpreter it needs. Some ways to start a program give it to a shell, others fail. */
  | { readonly kind: "text" }
  /** A script with the first line `#!PATH [ARGUMENT]`. On Linux all that follows the path is one argument. */
  | { readonly kind: "script"; readonly path: string; readonly argument: string; readonly line: string }
  /** An ELF binary with its dynamic loader. */
  | { readonly kind: "loader"; readonly path: string }
  /** A script whose first line is hidden from the system by a byte order mark. */
  | { readonly kind: "byte order mark" };

/** The length of the first line that Linux reads of a script. */
const MAX_LINE_SIZE = 255;
const LINE_FEED = 0x0a;
const BLANKS = /[ \t]+/;
const HASH_BANG = [0x23, 0x21];
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];
/** The kind of program header that names the loader: `PT_INTERP`. */
const LOADER_HEADER = 3;

/** Where the fields of an ELF header and its program headers are, for 32 and 64 bits: elf(5). */
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
  // All formats of binaries contain a NUL early.
  return { kind: head.includes(0) ? "none" : "text" };
}

/**
 * What `env` looks for in PATH, in a first line such as `#!/usr/bin/env python3` or `#!/usr/bin/env -S node --test`.
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
  // What the system would not read to its end cannot be judged here.
  if (line.length > MAX_LINE_SIZE) return { kind: "none" };
  // Only blanks and tabs separate; a carriage return is part of the name. C ends the name at a NUL.
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
