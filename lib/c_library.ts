/**
 * Functions of the system's C library for which Deno has no equivalent, or only one that needs a permission that the
 * programs do not have.
 *
 * @module
 */

import { concatenate } from "./lru.ts";
import { encodeText } from "./zmq/c_text.ts";

/** The functions with their C declarations, for {@linkcode Deno.dlopen}. The optional ones exist only on Linux. */
const SYMBOLS = {
  // int sigaction (int signum, const struct sigaction *act, struct sigaction *oldact)
  sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
  // int memfd_create (const char *name, unsigned int flags): Linux only
  memfd_create: { parameters: ["buffer", "u32"], result: "i32", optional: true },
  // char *getenv (const char *name)
  getenv: { parameters: ["buffer"], result: "pointer" },
  // char *mkdtemp (char *template): writes the name into it
  mkdtemp: { parameters: ["buffer"], result: "pointer" },
  // int creat (const char *path, mode_t mode)
  creat: { parameters: ["buffer", "u32"], result: "i32" },
  // int unlink (const char *path)
  unlink: { parameters: ["buffer"], result: "i32" },
  // int rmdir (const char *path)
  rmdir: { parameters: ["buffer"], result: "i32" },
  // int access (const char *path, int mode)
  access: { parameters: ["buffer", "i32"], result: "i32" },
  // int kill (pid_t pid, int sig)
  kill: { parameters: ["i32", "i32"], result: "i32" },
  // pid_t getppid (void)
  getppid: { parameters: [], result: "i32" },
  // int prlimit (pid_t pid, int resource, const struct rlimit *new_limit, struct rlimit *old_limit)
  prlimit: { parameters: ["i32", "i32", "buffer", "buffer"], result: "i32", optional: true },
  // int waitid (idtype_t idtype, id_t id, siginfo_t *infop, int options)
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
  // int poll (struct pollfd *fds, nfds_t nfds, int timeout)
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  // The same on another thread, for the JavaScript thread to await.
  poll_async: { name: "poll", parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  // int open (const char *path, int flags, ...): without O_CREAT there is no third argument
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // ssize_t read (int fd, void *buf, size_t count)
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // ssize_t write (int fd, const void *buf, size_t count)
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  // int socket (int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t sendto (int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addrlen)
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  // int fcntl (int fd, int command, ...): Linux only, where a variadic int is passed like a named one
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t readlink (const char *path, char *buffer, size_t size)
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  // int malloc_trim (size_t pad): glibc only
  malloc_trim: { parameters: ["usize"], result: "i32", optional: true },
  // int madvise (void *addr, size_t length, int advice): used only with advice values of Linux
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32", optional: true },
  // int close (int fd)
  close: { parameters: ["i32"], result: "i32" },
  // extern char **environ
  environ: { type: "pointer", optional: true },
} as const;

/** The functions under their C names. */
export type CSymbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The name of musl's library is for distributions that build Deno for musl. */
const FILES: readonly string[] = Deno.build.os === "darwin"
  ? ["libSystem.B.dylib"]
  : ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`];

/** Programs that this process starts do not inherit the descriptor. */
export const O_CLOEXEC: number = Deno.build.os === "linux" ? 0o2000000 : 0x1000000;
/** How many bytes of a file are read at once. */
const CHUNK_BYTES = 64 * 1024;

let symbols: CSymbols | null | undefined;

/**
 * Opens the C library; it stays open.
 *
 * @returns Its functions; `undefined` where it cannot be found. So callers must be able to do without it.
 */
export function cLibrary(): CSymbols | undefined {
  symbols ??= open();
  return symbols ?? undefined;
}

function open(): CSymbols | null {
  for (const file of FILES) {
    try {
      return Deno.dlopen(file, SYMBOLS).symbols;
    } catch {
      // Not found or not permitted: try the next one.
    }
  }
  return null;
}

/**
 * Reads an environment variable, regardless of Deno's permissions.
 *
 * @param name Its name.
 * @returns Its value, `undefined` when it is not set.
 */
export function variable(name: string): string | undefined {
  const value = cLibrary()?.getenv(encodeText(name)) ?? null;
  return value === null ? undefined : Deno.UnsafePointerView.getCString(value);
}

/**
 * Reads a file of Linux's `/proc`, which Deno does not let programs read.
 *
 * @param path The file.
 * @returns Its bytes; `undefined` when it cannot be opened.
 */
export function readSystemFile(path: string): Uint8Array<ArrayBuffer> | undefined {
  const c = Deno.build.os === "linux" ? cLibrary() : undefined;
  const fd = c?.open(encodeText(path), O_CLOEXEC) ?? -1;
  if (c === undefined || fd < 0) return undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const count = Number(c.read(fd, chunk, BigInt(chunk.length)));
    if (count <= 0) break;
    chunks.push(chunk.subarray(0, count));
  }
  c.close(fd);
  return concatenate(chunks);
}

/**
 * As {@linkcode readSystemFile}, for text.
 *
 * @param path The file.
 * @returns Its text; empty if it cannot be read.
 */
export function readSystemText(path: string): string {
  return new TextDecoder().decode(readSystemFile(path));
}
