/**
 * Looking at files and moving them, with the C library: the tasks' permissions do not include files.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { errnoName, lastError } from "./error.ts";
import type { Symbols } from "./symbols.ts";

/** What a path names; a symbolic link is not followed. */
export interface FileFacts {
  /** Whether it is a Unix socket. */
  readonly isSocket: boolean;
  /** Tells this file from all others that exist meanwhile: its device and inode. */
  readonly identity: string;
}

/** The part of a mode that is the type of the file, and the type of a socket; the same on Linux and macOS. */
const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;

/** Paths are relative to the current folder. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** What is asked of statx: type and inode. */
const STATX_TYPE = 0x1;
const STATX_INO = 0x100;
/** `sizeof(struct statx)`, which is the same on every processor, as are its offsets. */
const STATX_SIZE = 256;
const STATX_MODE_OFFSET = 28;
const STATX_INODE_OFFSET = 32;
const STATX_DEVICE_OFFSET = 136;
/** The numbers of the system calls. */
const LINUX_CALLS = { x86_64: { statx: 332n, renameat2: 316n }, aarch64: { statx: 291n, renameat2: 276n } };

/** `sizeof(struct stat)` of macOS with 64-bit inodes. */
const DARWIN_STAT_SIZE = 144;
const DARWIN_MODE_OFFSET = 4;
const DARWIN_INODE_OFFSET = 8;

/** The flag that makes a rename fail where the new name exists, of renameat2 and of renamex_np. */
const RENAME_NOREPLACE = 1;
const RENAME_EXCL = 4;
/** How a file system says that it does not have the flag. */
const NOT_SUPPORTED: readonly string[] = ["EINVAL", "ENOSYS", "ENOTSUP"];

/**
 * Looks at a file.
 *
 * @param symbols libzmq, and the C library with it.
 * @param path The file's path.
 * @returns What it is, or `undefined` when there is nothing.
 * @throws {ZmqError} When that cannot be known, for instance `EACCES`.
 */
export function lookAt(symbols: Symbols, path: string): FileFacts | undefined {
  const view = new DataView(new ArrayBuffer(STATX_SIZE));
  if (Deno.build.os === "darwin") {
    if (symbols.lstat!(encodeText(path), new Uint8Array(view.buffer, 0, DARWIN_STAT_SIZE)) < 0) {
      return nothing(symbols, path);
    }
    return factsOf(view.getUint16(DARWIN_MODE_OFFSET, true), [
      view.getUint32(0, true),
      view.getBigUint64(DARWIN_INODE_OFFSET, true),
    ]);
  }
  const { statx } = LINUX_CALLS[Deno.build.arch];
  const mask = STATX_TYPE | STATX_INO;
  if (symbols.syscall_statx!(statx, AT_FDCWD, encodeText(path), AT_SYMLINK_NOFOLLOW, mask, view) < 0) {
    return nothing(symbols, path);
  }
  return factsOf(view.getUint16(STATX_MODE_OFFSET, true), [
    view.getBigUint64(STATX_DEVICE_OFFSET, true),
    view.getBigUint64(STATX_INODE_OFFSET, true),
  ]);
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
  const [old, next] = [encodeText(from), encodeText(to)];
  const result = Deno.build.os === "darwin" ? symbols.renamex_np!(old, next, RENAME_EXCL) : symbols.syscall_renameat2!(
    LINUX_CALLS[Deno.build.arch].renameat2,
    AT_FDCWD,
    old,
    AT_FDCWD,
    next,
    RENAME_NOREPLACE,
  );
  if (result === 0 || result === 0n) return undefined;
  const error = errnoName(symbols.zmq_errno());
  if (!NOT_SUPPORTED.includes(error)) return error;
  // In two steps: the first fails where the new name exists.
  if (symbols.link(old, next) < 0) return errnoName(symbols.zmq_errno());
  return symbols.unlink(old) < 0 ? errnoName(symbols.zmq_errno()) : undefined;
}

function nothing(symbols: Symbols, path: string): undefined {
  const error = lastError(symbols, `Cannot look at "${path}"`);
  if (error.code !== "ENOENT") throw error;
}

function factsOf(mode: number, [device, inode]: readonly [number | bigint, bigint]): FileFacts {
  return { isSocket: (mode & S_IFMT) === S_IFSOCK, identity: `${device}:${inode}` };
}
