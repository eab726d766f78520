/**
 * Examines and moves files with the C library, because the tasks' permissions do not include files.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { errnoName, lastError } from "./error.ts";
import type { Symbols } from "./symbols.ts";

/** Facts about the file at a path. A symbolic link is not followed. */
export interface FileFacts {
  /** Whether it is a Unix socket. */
  readonly isSocket: boolean;
  /** Its device and inode, which distinguish it from all other existing files. */
  readonly identity: string;
  /** Its permissions, in chmod's form. */
  readonly mode: number;
  /** The ids of its owner and group. */
  readonly user: number;
  readonly group: number;
  /** Its size in bytes. */
  readonly size: bigint;
}

/** The mask of the file type in a mode, and the type of a socket; the same on Linux and macOS. */
const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;
const S_PERMISSIONS = 0o7777;

/** Paths are relative to the current folder. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** The fields to request from statx: type, mode, owner, group, inode and size. */
const STATX_MASK = 0x1 | 0x2 | 0x8 | 0x10 | 0x100 | 0x200;
/** `sizeof(struct statx)`. It and the offsets are the same on every CPU architecture. */
const STATX_SIZE = 256;
const STATX_OFFSETS = { user: 20, group: 24, mode: 28, inode: 32, size: 40, device: 136 };
/** The numbers of the system calls. */
const LINUX_CALLS = { x86_64: { statx: 332n, renameat2: 316n }, aarch64: { statx: 291n, renameat2: 276n } };

/** `sizeof(struct stat)` of macOS with 64-bit inodes. */
const DARWIN_STAT_SIZE = 144;
const DARWIN_OFFSETS = { mode: 4, inode: 8, user: 16, group: 20, size: 96 };

/** Flags of renameat2, or of macOS's renamex_np: fail if the new name exists; exchange the two files. */
const RENAME_NOREPLACE = Deno.build.os === "darwin" ? 4 : 1;
const RENAME_EXCHANGE = 2;
/** The errors of a file system that does not support a flag. */
const NOT_SUPPORTED: readonly string[] = ["EINVAL", "ENOSYS", "ENOTSUP"];

/**
 * Examines a file.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The file's path.
 * @returns Its facts, or `undefined` if there is nothing at the path.
 * @throws {ZmqError} When it cannot be examined, for instance `EACCES`.
 */
export function lookAt(symbols: Symbols, path: string): FileFacts | undefined {
  const view = new DataView(new ArrayBuffer(STATX_SIZE));
  if (Deno.build.os === "darwin") {
    if (symbols.lstat!(encodeText(path), new Uint8Array(view.buffer, 0, DARWIN_STAT_SIZE)) < 0) {
      return nothing(symbols, path);
    }
    return factsOf(view, DARWIN_OFFSETS, view.getUint32(0, true));
  }
  const { statx } = LINUX_CALLS[Deno.build.arch];
  if (symbols.syscall_statx!(statx, AT_FDCWD, encodeText(path), AT_SYMLINK_NOFOLLOW, STATX_MASK, view) < 0) {
    return nothing(symbols, path);
  }
  return factsOf(view, STATX_OFFSETS, view.getBigUint64(STATX_OFFSETS.device, true));
}

/**
 * Moves a file to another name in the same file system, unless something has that name.
 *
 * @param symbols libzmq, and the C library with it.
 * @param from Its path.
 * @param to Its path afterwards.
 * @returns The name of the error, such as `EEXIST`; `undefined` when the file was moved.
 */
export function moveFile(symbols: Symbols, from: string, to: string): string | undefined {
  const error = rename(symbols, from, to, RENAME_NOREPLACE);
  if (error === undefined || !NOT_SUPPORTED.includes(error)) return error;
  // In two steps. The first one fails if the new name exists.
  if (symbols.link(encodeText(from), encodeText(to)) < 0) return errnoName(symbols.zmq_errno());
  return symbols.unlink(encodeText(from)) < 0 ? errnoName(symbols.zmq_errno()) : undefined;
}

/**
 * Exchanges two files in the same file system. Where that is not possible atomically, there is a moment in which only
 * the first name exists.
 *
 * @param symbols libzmq, and the C library with it.
 * @param one A path.
 * @param other A path.
 * @returns The name of the error; `undefined` when each file has the other's name.
 */
export function exchangeFiles(symbols: Symbols, one: string, other: string): string | undefined {
  const error = rename(symbols, one, other, RENAME_EXCHANGE);
  if (error === undefined || !NOT_SUPPORTED.includes(error)) return error;
  const between = `${one}~`;
  const moveError = moveFile(symbols, other, between) ?? moveFile(symbols, one, other);
  return moveError ?? moveFile(symbols, between, one);
}

function rename(symbols: Symbols, from: string, to: string, flags: number): string | undefined {
  const [old, next] = [encodeText(from), encodeText(to)];
  const result = Deno.build.os === "darwin"
    ? symbols.renamex_np!(old, next, flags)
    : symbols.syscall_renameat2!(LINUX_CALLS[Deno.build.arch].renameat2, AT_FDCWD, old, AT_FDCWD, next, flags);
  return Number(result) === 0 ? undefined : errnoName(symbols.zmq_errno());
}

function nothing(symbols: Symbols, path: string): undefined {
  const error = lastError(symbols, `Cannot look at "${path}"`);
  if (error.code !== "ENOENT") throw error;
}

function factsOf(
  view: DataView,
  offsets: Readonly<Record<"mode" | "inode" | "user" | "group" | "size", number>>,
  device: number | bigint,
): FileFacts {
  const mode = view.getUint16(offsets.mode, true);
  return {
    isSocket: (mode & S_IFMT) === S_IFSOCK,
    identity: `${device}:${view.getBigUint64(offsets.inode, true)}`,
    mode: mode & S_PERMISSIONS,
    user: view.getUint32(offsets.user, true),
    group: view.getUint32(offsets.group, true),
    size: view.getBigUint64(offsets.size, true),
  };
}
