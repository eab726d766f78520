/**
 * Waiting for sockets by their descriptors (`ZMQ_FD`) with the C library's `poll`.
 *
 * `zmq_poll` would ask every socket for its events before and after each wait, with two system calls each. A descriptor says
 * less: it becomes readable when the socket may have changed, and any call on the socket may reset it. So wait only if a
 * receive has found each socket empty, and nothing was sent on it since.
 *
 * @module
 */

import { errnoName, lastError } from "./error.ts";
import type { Library } from "./library.ts";
import type { Symbols } from "./symbols.ts";

/** `sizeof(struct pollfd)`: fd 4, events 2, revents 2. */
const POLL_FD_SIZE = 8;
/** `POLLIN` of poll(2). */
const READABLE = 1;

/** Stands for no descriptor. */
export const NO_FD = -1;

/** Waits for descriptors, blocking its thread. An index is a descriptor's position in the list that it was opened with. */
export interface BlockingWait extends Disposable {
  /** Replaces a descriptor by another one, or by -1 for none. */
  setDescriptor(index: number, fd: number): void;
  /** Whether this descriptor ends a wait; at first each one does. */
  watch(index: number, isWatched: boolean): void;
  /**
   * Waits.
   *
   * @param timeoutMs How long at most; 0 for not at all, -1 for no limit.
   * @returns How many descriptors are readable.
   * @throws {ZmqError} When the system fails.
   */
  wait(timeoutMs: number): number;
  /**
   * The index of a descriptor that the last wait found readable.
   *
   * @param position Which one: 0 for the first, below what {@linkcode BlockingWait.wait} returned.
   */
  ready(position: number): number;
  /** Whether the last wait found this descriptor readable. */
  readable(index: number): boolean;
}

/**
 * Checks that a signal interrupted a wait that failed: then nothing was found readable.
 *
 * @param symbols libzmq.
 * @throws {ZmqError} When it failed for another reason.
 */
export function expectInterrupt(symbols: Symbols): void {
  if (errnoName(symbols.zmq_errno()) !== "EINTR") throw lastError(symbols, "Cannot wait for sockets");
}

/** Waits by `poll`. */
export class BlockingPoll implements BlockingWait {
  readonly #symbols: Symbols;
  readonly #entries: DataView<ArrayBuffer>;
  readonly #count: number;
  readonly #ready: number[] = [];

  /**
   * @param library libzmq.
   * @param fds Descriptors, or -1 for none.
   */
  constructor(library: Pick<Library, "symbols">, fds: readonly number[]) {
    this.#symbols = library.symbols;
    this.#entries = entriesOf(fds);
    this.#count = fds.length;
  }

  setDescriptor(index: number, fd: number): void {
    this.#entries.setInt32(index * POLL_FD_SIZE, fd, true);
  }

  watch(index: number, isWatched: boolean): void {
    this.#entries.setInt16(index * POLL_FD_SIZE + 4, isWatched ? READABLE : 0, true);
  }

  wait(timeoutMs: number): number {
    this.#ready.length = 0;
    if (this.#symbols.poll(this.#entries, BigInt(this.#count), timeoutMs) < 0) {
      expectInterrupt(this.#symbols);
      return 0;
    }
    for (let index = 0; index < this.#count; index++) if (this.readable(index)) this.#ready.push(index);
    return this.#ready.length;
  }

  ready(position: number): number {
    return this.#ready[position]!;
  }

  readable(index: number): boolean {
    return isReadable(this.#entries, index);
  }

  [Symbol.dispose](): void {}
}

/** Waits for descriptors that change from wait to wait, on another thread or on this one. */
export class AsyncPoll {
  readonly #symbols: Symbols;
  #entries: DataView<ArrayBuffer> = entriesOf([]);
  #count = 0;

  /** @param library libzmq. */
  constructor(library: Library) {
    this.#symbols = library.symbols;
  }

  /** Forgets all descriptors; not during a wait. */
  clear(): void {
    this.#count = 0;
  }

  /**
   * Adds a descriptor; not during a wait.
   *
   * @param fd The descriptor.
   * @returns Its number for {@linkcode AsyncPoll.readable}: 0 for the first, then one more each time.
   */
  add(fd: number): number {
    const offset = this.#count * POLL_FD_SIZE;
    if (offset === this.#entries.byteLength) this.#grow();
    this.#entries.setInt32(offset, fd, true);
    // Events, and revents 0.
    this.#entries.setInt32(offset + 4, READABLE, true);
    return this.#count++;
  }

  /**
   * Waits on another thread, so that the JavaScript thread goes on. One wait at a time.
   *
   * @param timeoutMs How long at most. A wait keeps the process alive, so it always has a limit.
   */
  async wait(timeoutMs: number): Promise<void> {
    // The system writes into the entries until the call is over; this object holds them. The result is not used: the entries
    // say what is ready, and errno would be another thread's.
    await this.#symbols.poll_async(this.#entries, BigInt(this.#count), Math.ceil(timeoutMs));
  }

  /**
   * Waits and blocks this thread, which is less work if the wait is short.
   *
   * @param timeoutMs How long at most.
   * @returns Whether a descriptor is readable.
   */
  block(timeoutMs: number): boolean {
    // A signal makes it fail; then it has found nothing.
    return this.#symbols.poll(this.#entries, BigInt(this.#count), Math.ceil(timeoutMs)) > 0;
  }

  /** Whether the last wait found this descriptor readable, or at its end (`POLLHUP`). */
  readable(index: number): boolean {
    return this.#entries.getInt16(index * POLL_FD_SIZE + 6, true) !== 0;
  }

  #grow(): void {
    const size = Math.max(8 * POLL_FD_SIZE, this.#entries.byteLength * 2);
    this.#entries = new DataView(this.#entries.buffer.transfer(size));
  }
}

function entriesOf(fds: readonly number[]): DataView<ArrayBuffer> {
  const entries = new DataView(new ArrayBuffer(fds.length * POLL_FD_SIZE));
  for (const [index, fd] of fds.entries()) {
    entries.setInt32(index * POLL_FD_SIZE, fd, true);
    entries.setInt16(index * POLL_FD_SIZE + 4, READABLE, true);
  }
  return entries;
}

function isReadable(entries: DataView<ArrayBuffer>, index: number): boolean {
  return (entries.getInt16(index * POLL_FD_SIZE + 6, true) & READABLE) !== 0;
}
