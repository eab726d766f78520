/**
 * Finds libzmq and loads it on first use. The functions that it loads are declared in `symbols.ts`.
 *
 * The library is the native part of the npm package `zeromq`: its `addon.node` exports libzmq's C API (libzmq 4.3.5
 * with draft API and CURVE). A compiled binary contains the one for its target. `SPQ_LIBZMQ` names another libzmq.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { type LibraryFile, makeLibraryFile } from "./embedded_library.ts";
import { permittedVariable } from "../permitted_variable.ts";
import { SYMBOLS, type Symbols } from "./symbols.ts";

/** The environment variable that names the file of another libzmq (4.2 or newer). */
export const LIBRARY_VARIABLE = "SPQ_LIBZMQ";

/** Where `deno task compile` puts the target's library: inside the binary's own files, relative to this module. */
export const EMBEDDED_LIBRARY = "./native/libzmq.node";

/**
 * The npm package, as in `deno.json`; a test compares the two. The relay's thread may lack permission to read that
 * file, which is outside `lib/`.
 */
export const ZEROMQ_PACKAGE = "npm:zeromq@6.8.0";

/** The Node ABI of the package's libzmq build that needs the oldest glibc (2.25); the others need 2.38. */
const ADDON_ABI = "127";

/** A loaded libzmq. */
export interface Library {
  /** libzmq's functions under their C names. */
  readonly symbols: Symbols;
  /** The file that was loaded. */
  readonly path: string;
  /** libzmq's version, such as `4.3.5`. */
  readonly version: string;
  /** Whether libzmq was built with its draft API, which reports when peers connect and leave. */
  readonly hasDraftApi: boolean;
  /** Whether monitors report how handshakes end (libzmq 4.3 and newer). */
  readonly hasHandshakeEvents: boolean;
}

/** How libzmq is loaded. */
export interface LoadOptions {
  /**
   * If libzmq was loaded from a temporary file, called with a function that removes the file. For callers whose other
   * threads must open the same file first.
   *
   * @default the file is removed at once
   */
  readonly keepFile?: (remove: () => void) => void;
}

/** libzmq could not be loaded. The message says which files were tried, why each failed, and what to do. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
  /** A stable code for programs. */
  readonly code = "LIBZMQ_NOT_LOADED";
}

let loading: Promise<Library> | undefined;

/**
 * Loads libzmq. Later calls on the same thread return the same library. It stays loaded, because a call into a closed
 * library would crash the process.
 *
 * @param options Options.
 * @returns The library.
 * @throws {LibraryError} When no libzmq can be loaded.
 */
export function loadLibrary(options: LoadOptions = {}): Promise<Library> {
  return loading ??= load(options);
}

async function load({ keepFile = (remove) => remove() }: LoadOptions): Promise<Library> {
  const named = namedLibrary();
  if (named !== undefined) {
    return openLibrary(named, `set ${LIBRARY_VARIABLE} to the file of a libzmq 4.2 or newer, or unset it`);
  }
  const advice = `set ${LIBRARY_VARIABLE} to the file of a libzmq 4.2 or newer`;
  if (!Deno.build.standalone) return openLibrary(decodeURIComponent((await packageLibrary()).pathname), advice);
  let file: LibraryFile;
  try {
    const bytes = await embeddedLibrary();
    file = await makeLibraryFile(bytes);
    // Otherwise the imported module would keep the bytes in memory.
    bytes.buffer.transfer(0);
  } catch (error) {
    throw new LibraryError(`Cannot load the libzmq of this binary: ${(error as Error).message}; or ${advice}`, {
      cause: error,
    });
  }
  try {
    return openLibrary(file.path, `set TMPDIR to a folder that allows executable files, or ${advice}`);
  } finally {
    keepFile(file.remove);
  }
}

/**
 * Reads the embedded library. It is imported, because Deno refuses to read the file if TMPDIR, below which it exposes a
 * binary's own files, is in /dev or /proc.
 */
async function embeddedLibrary(): Promise<Uint8Array<ArrayBuffer>> {
  // The specifier is not a literal, since only binaries have such a file.
  const specifier: string = EMBEDDED_LIBRARY;
  return (await import(specifier, { with: { type: "bytes" } })).default;
}

/**
 * Loads libzmq from a file.
 *
 * @param path The file. With the {@linkcode Library.path} of another thread, the two threads can share contexts.
 * @param advice What to do when it cannot be loaded.
 * @returns The library.
 * @throws {LibraryError} When it cannot be loaded, or is too old.
 */
export function openLibrary(path: string, advice: string): Library {
  let symbols: Symbols;
  try {
    symbols = Deno.dlopen(path, SYMBOLS).symbols;
  } catch (error) {
    const reason = (error as Error).message.replace(/^Could not open library: /, "").replace(/[.\s]+$/, "");
    throw new LibraryError(`Cannot load libzmq from "${path}": ${reason}; ${whatToDo(reason, advice)}`, {
      cause: error,
    });
  }
  const version = libraryVersion(symbols);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 4 || (major === 4 && minor < 2)) {
    throw new LibraryError(
      `Cannot use libzmq "${path}": version ${version} is too old, set ${LIBRARY_VARIABLE} to libzmq 4.2 or newer`,
    );
  }
  return {
    symbols,
    path,
    version,
    hasDraftApi: symbols.zmq_has(encodeText("draft")) === 1,
    hasHandshakeEvents: major > 4 || minor >= 3,
  };
}

/**
 * Says what to do when libzmq cannot be loaded.
 *
 * @param reason Why it cannot be loaded, in the system's words.
 * @param advice The advice for any other reason.
 */
export function whatToDo(reason: string, advice: string): string {
  // This is the only library that libzmq needs and that a small system may lack.
  const isCppMissing = reason.startsWith("libstdc++");
  return isCppMissing ? "install the GNU C++ library (the package libstdc++6 or libstdc++)" : advice;
}

function libraryVersion(symbols: Symbols): string {
  const parts = [new Int32Array(1), new Int32Array(1), new Int32Array(1)] as const;
  symbols.zmq_version(...parts);
  return parts.map((part) => part[0]).join(".");
}

function namedLibrary(): string | undefined {
  return permittedVariable(LIBRARY_VARIABLE) || undefined;
}

/** The platform of a library variant of the npm package. */
export interface LibraryPlatform {
  /** As {@linkcode Deno.build.os}. */
  readonly os: string;
  /** As {@linkcode Deno.build.arch}. */
  readonly arch: string;
  /** The C library on Linux. */
  readonly libc: "glibc" | "musl" | "libc";
}

/**
 * Finds the npm package's library for a platform, installing the package on first use.
 *
 * @param platform The platform; by default this one.
 * @returns The file's URL.
 * @throws {LibraryError} When the package has no library for the platform, or cannot be installed.
 */
export async function packageLibrary(platform: LibraryPlatform = thisPlatform()): Promise<URL> {
  // The specifiers are not literals, so that `deno compile` does not put all 33 MB of the package into a binary. They
  // are complete, since a short name from the import map is unknown outside this repository's folder.
  const manifestSpecifier: string = `${ZEROMQ_PACKAGE}/build/manifest.json`;
  const packageSpecifier: string = `${ZEROMQ_PACKAGE}/package.json`;
  let manifest: Record<string, string>;
  let folder: string;
  try {
    manifest = (await import(manifestSpecifier, { with: { type: "json" } })).default;
    folder = import.meta.resolve(packageSpecifier);
  } catch (error) {
    throw new LibraryError(
      `Cannot install the npm package "zeromq", which carries libzmq: ${(error as Error).message}; ` +
        `check the connection to the npm registry, or set ${LIBRARY_VARIABLE} to the file of a libzmq`,
      { cause: error },
    );
  }
  const arch = { x86_64: "x64", aarch64: "arm64" }[platform.arch] ?? platform.arch;
  const variants = Object.entries(manifest)
    .map(([key, file]) => ({ ...JSON.parse(key) as { os: string; arch: string; abi: number; libc: string }, file }))
    .filter((variant) => variant.os === platform.os && variant.arch === arch && variant.libc === platform.libc);
  const variant = variants.find(({ abi }) => String(abi) === ADDON_ABI) ?? variants[0];
  if (variant === undefined) {
    throw new LibraryError(
      `Cannot find libzmq for ${platform.os} ${platform.arch} (${platform.libc}) in the npm package "zeromq"; ` +
        `set ${LIBRARY_VARIABLE} to the file of a libzmq`,
    );
  }
  return new URL(`build/${variant.file}`, folder);
}

function thisPlatform(): LibraryPlatform {
  const { os, arch, target } = Deno.build;
  const libc = os !== "linux" ? "libc" : target.includes("musl") ? "musl" : "glibc";
  return { os, arch, libc };
}
