/**
 * Makes the libzmq inside a compiled binary available as a file that `Deno.dlopen` can open.
 *
 * Deno itself would unpack it into TMPDIR, under a name that other users of the machine can predict, and leave it
 * there. On Linux, an anonymous file in memory is used, which has a path in /proc. Elsewhere, and where a policy
 * forbids such files, the file is in a new folder that nobody else can enter, and is removed once it is loaded.
 *
 * @module
 */

import { cLibrary, type CSymbols } from "../c_library.ts";
import { encodeText } from "./c_text.ts";
import digests from "./digests.json" with { type: "json" };

/** A file with the library. */
export interface LibraryFile {
  /** Its path; other threads of this process may open it, too. */
  readonly path: string;
  /** Removes the file if it would otherwise stay. All threads that need it must have loaded it by then. */
  remove(): void;
}

/**
 * Flags of `memfd_create`: programs that this one starts do not inherit the file; it may be executed (Linux 6.3 and
 * newer).
 */
const MFD_CLOEXEC = 1;
const MFD_EXEC = 0x10;
const OWNER_ONLY = 0o700;

/**
 * Writes the library to a file.
 *
 * @param bytes The library.
 * @returns The file.
 * @throws {Error} When the bytes are not those of a library in the committed list (`digests.json`), or no file can be
 * made. The message is a phrase that says why.
 */
export async function makeLibraryFile(bytes: Uint8Array<ArrayBuffer>): Promise<LibraryFile> {
  await checkDigest(bytes);
  return libraryInMemory(bytes) ?? libraryInFolder(bytes);
}

/**
 * The digest of a library, in the format of the list.
 *
 * @param bytes The library.
 * @returns SHA-256 in hexadecimal.
 */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function checkDigest(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const digest = await digestOf(bytes);
  const expected = (digests as Readonly<Record<string, string>>)[`${Deno.build.os}-${Deno.build.arch}`];
  if (digest !== expected) {
    throw new Error(`its SHA-256 is ${digest}, not ${expected} as when this version was made; the binary was altered`);
  }
}

function libraryInMemory(bytes: Uint8Array<ArrayBuffer>): LibraryFile | undefined {
  const c = cLibrary();
  if (c === undefined || c.memfd_create === null) return undefined;
  const name = encodeText("libzmq");
  // Older systems do not know the second flag, but allow execution anyway.
  let fd = c.memfd_create(name, MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0) fd = c.memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) return undefined;
  if (writeAll(c, fd, bytes)) return { path: `/proc/self/fd/${fd}`, remove: () => {} };
  c.close(fd);
  return undefined;
}

/**
 * Writes the library to a new folder below TMPDIR that nobody else can enter.
 *
 * @param bytes The library.
 * @returns The file; removing it removes the folder.
 * @throws {Error} When that is not possible. The message is a phrase that says why.
 */
export function libraryInFolder(bytes: Uint8Array<ArrayBuffer>): LibraryFile {
  const c = cLibrary();
  if (c === undefined) throw new Error("the C library cannot be opened");
  const variable = c.getenv(encodeText("TMPDIR"));
  const parent = variable === null ? "/tmp" : Deno.UnsafePointerView.getCString(variable);
  const template = encodeText(`${parent}/spqueue-XXXXXX`);
  if (c.mkdtemp(template) === null) {
    throw new Error(
      `no folder can be made in "${parent}": set TMPDIR to a writable folder that allows executable files`,
    );
  }
  const folder = new TextDecoder().decode(template.subarray(0, -1));
  const path = `${folder}/libzmq.node`;
  const remove = () => {
    c.unlink(encodeText(path));
    c.rmdir(encodeText(folder));
  };
  const fd = c.creat(encodeText(path), OWNER_ONLY);
  const isWritten = fd >= 0 && writeAll(c, fd, bytes);
  if (fd >= 0) c.close(fd);
  if (isWritten) return { path, remove };
  remove();
  throw new Error(`it cannot be written to "${path}": set TMPDIR to a folder with ${bytes.length} bytes free`);
}

function writeAll(c: CSymbols, fd: number, bytes: Uint8Array<ArrayBuffer>): boolean {
  for (let written = 0; written < bytes.length;) {
    const count = Number(c.write(fd, bytes.subarray(written), BigInt(bytes.length - written)));
    if (count <= 0) return false;
    written += count;
  }
  return true;
}
