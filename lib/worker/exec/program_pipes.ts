/**
 * A program's standard input and output as pipes that this process reads and writes directly, without a promise for each chunk.
 *
 * Deno's streams cost more than a whole job of a function. Here writing is one system call, and output is waited for in the same
 * native call as the worker's sockets. On Linux only.
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
/** The rest are values of Linux. */
const O_RDONLY = 0;
const O_WRONLY = 1;
const ACCESS_MODE = 3;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_DUPFD_CLOEXEC = 1030;
/** The lowest descriptor that is not a standard one. */
const FIRST_FREE = 3;
/** `POLLOUT`, and with {@linkcode POLLERR} that nobody holds the other end any more. */
const POLLOUT = 4;
const POLLERR = 8;
/** How many descriptors are looked at first: those of a new program are among the lowest that were free. */
const LOOKED_AT = 256;

/** As much as a pipe holds. */
const CHUNK_BYTES = 65_536;
const CHUNK_SIZE = BigInt(CHUNK_BYTES);
/** How many chunks are read at once at most, before others have their turn. */
const CHUNKS_AT_ONCE = 16;
/** How long a native wait for room takes at most, in milliseconds. It goes on until then when the pipe is closed. */
const ROOM_WAIT_MS = 100;

/** Shared by all programs: what is read is copied before anything else is read. */
const CHUNK = new Uint8Array(CHUNK_BYTES);

/** This process's ends of a program's pipes. */
export interface PipeEnds {
  /** Standard input, which this process writes. */
  readonly input: number;
  /** Standard output, which it reads. */
  readonly output: number;
}

/**
 * Finds the pipes of a program that Deno has started, since Deno does not say which descriptors they are. It looks for the ones
 * whose other ends the program has as its standard input and output.
 */
export class PipeFinder {
  readonly #symbols: CSymbols;
  readonly #lowest: number;

  private constructor(symbols: CSymbols, lowest: number) {
    this.#symbols = symbols;
    this.#lowest = lowest;
  }

  /** To be called before the program is started; `undefined` where pipes cannot be found. */
  static open(): PipeFinder | undefined {
    const symbols = Deno.build.os === "linux" ? cLibrary() : undefined;
    if (symbols === undefined) return undefined;
    const lowest = symbols.fcntl(STDIN, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (lowest < 0) return undefined;
    symbols.close(lowest);
    return new PipeFinder(symbols, lowest);
  }

  /**
   * Finds them, and closes Deno's streams of them.
   *
   * @param process The program, which has just been started.
   * @returns Descriptors that the caller owns; `undefined` when the program has already changed or closed its own, or has ended.
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
    // A program that has sent its output to its standard error would have that end read as its output.
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

  /** Descriptors, the most likely first. */
  *#candidates(): Iterable<number> {
    for (let fd = this.#lowest; fd < this.#lowest + LOOKED_AT; fd++) yield fd;
    // Another thread may have closed a lower one meanwhile.
    for (let fd = this.#lowest - 1; fd >= FIRST_FREE; fd--) yield fd;
  }

  /** Such as `pipe:[12345]`; `undefined` for anything else than a pipe. */
  #pipeName(path: string): string | undefined {
    const text = new Uint8Array(64);
    const size = Number(this.#symbols.readlink(encodeText(path), text, BigInt(text.length)));
    const name = size < 0 ? "" : new TextDecoder().decode(text.subarray(0, size));
    return name.startsWith("pipe:") ? name : undefined;
  }
}

/** Pipes; see the module. */
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
  /** What is being written. */
  #writing: Promise<void> | undefined;

  /**
   * @param ends The descriptors, owned by this object from now on. Deno has made them so that they do not block.
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

  /** Writes what there is room for, and returns how much that is. */
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
      // The program will not read it.
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
      // There is no more, or a signal has interrupted it.
      if (size < 0) break;
      this.#onOutput(CHUNK.slice(0, size));
      if (size < CHUNK_BYTES) break;
    }
    // Once those have gone on who waited for what was read: the waiter may block the thread as soon as all wait again.
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
