/**
 * A program's standard input and output as pipes that this process reads and writes directly, without a promise for
 * each chunk.
 *
 * Deno's streams cost more than a whole job of a handler function. Here, writing is one system call, and the native
 * call that waits for the worker's sockets also waits for output. On Linux only.
 *
 * @module
 */

import { nextTick } from "node:process";
import { cLibrary, type CSymbols } from "../../c_library.ts";
import { encodeText } from "../../zmq/c_text.ts";
import type { Waitable, Waiter, Watch } from "../../zmq/waiter.ts";
import type { ProgramChannel } from "./program_streams.ts";

const STDIN = 0;
const STDOUT = 1;
/** All other constants here have Linux's values. */
const O_RDONLY = 0;
const O_WRONLY = 1;
const ACCESS_MODE = 3;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_DUPFD_CLOEXEC = 1030;
/** The lowest descriptor that is not a standard one. */
const FIRST_FREE = 3;
/** `POLLOUT`. Together with {@linkcode POLLERR}, it means that nobody holds the other end any more. */
const POLLOUT = 4;
const POLLERR = 8;
/** How many descriptors to look at first: those of a new program are among the lowest that were free. */
const CHECKED_FIRST = 256;

/** The capacity of a pipe, in bytes. */
const CHUNK_BYTES = 65_536;
const CHUNK_SIZE = BigInt(CHUNK_BYTES);
/** The most chunks to read in a row before others have their turn. */
const CHUNKS_AT_ONCE = 16;
/** The longest native wait for room in a pipe, in milliseconds. It is not cut short when the pipe is closed. */
const ROOM_WAIT_MS = 100;

/** Shared by all programs: each chunk is copied before the next is read. */
const CHUNK = new Uint8Array(CHUNK_BYTES);

/** This process's ends of a program's pipes. */
export interface PipeEnds {
  /** Standard input, which this process writes. */
  readonly input: number;
  /** Standard output, which it reads. */
  readonly output: number;
}

/**
 * Finds the pipes of a program that Deno has started, since Deno does not reveal their descriptors. It looks for the
 * pipes whose other ends are the program's standard input and output.
 */
export class PipeFinder {
  readonly #symbols: CSymbols;
  readonly #lowest: number;

  private constructor(symbols: CSymbols, lowest: number) {
    this.#symbols = symbols;
    this.#lowest = lowest;
  }

  /** Call it before the program is started. Returns `undefined` where pipes cannot be found. */
  static open(): PipeFinder | undefined {
    const symbols = Deno.build.os === "linux" ? cLibrary() : undefined;
    if (symbols === undefined) return undefined;
    const lowest = symbols.fcntl(STDIN, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (lowest < 0) return undefined;
    symbols.close(lowest);
    return new PipeFinder(symbols, lowest);
  }

  /**
   * Finds the pipes, and closes Deno's streams for them.
   *
   * @param process The program, which has just been started.
   * @returns Descriptors that the caller owns; `undefined` if the program has already changed or closed its ends, or
   * has ended.
   */
  find(process: Deno.ChildProcess): PipeEnds | undefined {
    const input = this.#duplicate(process.pid, STDIN, O_WRONLY);
    if (input === undefined) return undefined;
    const output = this.#duplicate(process.pid, STDOUT, O_RDONLY);
    if (output === undefined) {
      this.#symbols.close(input);
      return undefined;
    }
    process.stdin.close().catch(() => {});
    process.stdout.cancel().catch(() => {});
    return { input, output };
  }

  #duplicate(pid: number, programFd: number, mode: number): number | undefined {
    const name = this.#pipeName(`/proc/${pid}/fd/${programFd}`);
    // If a program has redirected its output to its standard error, that pipe must not be read as its output.
    if (name === undefined || name === this.#pipeName(`/proc/${pid}/fd/2`)) return undefined;
    for (const fd of this.#candidates()) {
      if (this.#pipeName(`/proc/self/fd/${fd}`) !== name) continue;
      const flags = this.#symbols.fcntl(fd, F_GETFL, 0);
      if ((flags & ACCESS_MODE) !== mode || (flags & O_NONBLOCK) === 0) continue;
      const own = this.#symbols.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE);
      return own < 0 ? undefined : own;
    }
    return undefined;
  }

  /** The descriptors to look at, the most likely first. */
  *#candidates(): Iterable<number> {
    for (let fd = this.#lowest; fd < this.#lowest + CHECKED_FIRST; fd++) yield fd;
    // Another thread may meanwhile have closed a lower one.
    for (let fd = this.#lowest - 1; fd >= FIRST_FREE; fd--) yield fd;
  }

  /** A pipe's name, such as `pipe:[12345]`; `undefined` for anything but a pipe. */
  #pipeName(path: string): string | undefined {
    const text = new Uint8Array(64);
    const size = Number(this.#symbols.readlink(encodeText(path), text, BigInt(text.length)));
    const name = size < 0 ? "" : new TextDecoder().decode(text.subarray(0, size));
    return name.startsWith("pipe:") ? name : undefined;
  }
}

/** The pipes of a program; see the module. */
export class ProgramPipes implements ProgramChannel {
  readonly outputEnded: Promise<void>;
  readonly #symbols = cLibrary()!;
  readonly #waiter: Waiter;
  readonly #onOutput: (chunk: Uint8Array<ArrayBuffer>) => void;
  readonly #waitables: readonly Waitable[];
  readonly #onNews = () => this.#read();
  readonly #endOutput: () => void;
  #input: number | undefined;
  #output: number | undefined;
  #watch: Watch | undefined;
  /** The write in progress. */
  #writing: Promise<void> | undefined;

  /**
   * @param ends The descriptors, owned by this object from now on. Deno has set them to nonblocking mode.
   * @param waiter Waits for output.
   * @param onOutput Receives what the program writes to standard output.
   */
  constructor(ends: PipeEnds, waiter: Waiter, onOutput: (chunk: Uint8Array<ArrayBuffer>) => void) {
    this.#input = ends.input;
    this.#output = ends.output;
    this.#waiter = waiter;
    this.#onOutput = onOutput;
    this.#waitables = [{ fd: ends.output, isSettled: true, readable: true }];
    const { promise, resolve } = Promise.withResolvers<void>();
    this.outputEnded = promise;
    this.#endOutput = resolve;
    this.#watchOutput();
  }

  /** @see ProgramChannel.write */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    const written = this.#writing === undefined ? this.#writePart(bytes) : 0;
    if (written === bytes.length) return undefined;
    const writing = this.#writeRest(this.#writing, bytes.subarray(written)).finally(() => {
      if (this.#writing === writing) this.#writing = undefined;
    });
    return this.#writing = writing;
  }

  /** @see ProgramChannel.closeInput */
  closeInput(): void {
    if (this.#writing === undefined) this.#closeInput();
    else this.#writing.then(() => this.#closeInput());
  }

  /** @see ProgramChannel.close */
  async close(): Promise<void> {
    this.#closeInput();
    this.#closeOutput();
    await this.#writing;
  }

  /** Writes as many bytes as there is room for, and returns their number. */
  #writePart(bytes: Uint8Array<ArrayBuffer>): number {
    if (this.#input === undefined) return 0;
    return Math.max(0, Number(this.#symbols.write(this.#input, bytes, BigInt(bytes.length))));
  }

  async #writeRest(before: Promise<void> | undefined, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await before;
    // struct pollfd
    const entry = new DataView(new ArrayBuffer(8));
    for (let rest = bytes; rest.length > 0 && this.#input !== undefined;) {
      entry.setInt32(0, this.#input, true);
      entry.setInt32(4, POLLOUT, true);
      await this.#symbols.poll_async(entry, 1n, ROOM_WAIT_MS);
      // The program will never read it.
      if ((entry.getInt16(6, true) & POLLERR) !== 0) return;
      rest = rest.subarray(this.#writePart(rest));
    }
  }

  #watchOutput(): void {
    if (this.#output === undefined) return;
    this.#watch = this.#waiter.watch(this.#waitables, Infinity, undefined, this.#onNews);
  }

  #read(): void {
    for (let count = 0; count < CHUNKS_AT_ONCE && this.#output !== undefined; count++) {
      const size = Number(this.#symbols.read(this.#output, CHUNK, CHUNK_SIZE));
      if (size === 0) return this.#closeOutput();
      // There is no more data, or a signal interrupted the read.
      if (size < 0) break;
      this.#onOutput(CHUNK.slice(0, size));
      if (size < CHUNK_BYTES) break;
    }
    // Watch again only after the code that awaited this output has continued: the waiter may block the thread as soon
    // as everybody waits again.
    nextTick(() => this.#watchOutput());
  }

  #closeInput(): void {
    if (this.#input === undefined) return;
    this.#symbols.close(this.#input);
    this.#input = undefined;
  }

  #closeOutput(): void {
    if (this.#output === undefined) return;
    if (this.#watch !== undefined) this.#waiter.cancel(this.#watch);
    this.#symbols.close(this.#output);
    this.#output = undefined;
    this.#endOutput();
  }
}
