/**
 * Waiting repeatedly for the same descriptors with Linux's `epoll`. In each wait, `poll` takes time for every descriptor,
 * even for those without news.
 *
 * @module
 */

import { O_CLOEXEC } from "../c_library.ts";
import { lastError } from "./error.ts";
import type { Library } from "./library.ts";
import { BlockingPoll, type BlockingWait, expectInterrupt, NO_FD } from "./poll.ts";
import type { Symbols } from "./symbols.ts";

/** Operations of epoll_ctl(2). */
const ADD = 1;
const REMOVE = 2;
const CHANGE = 3;
/** `EPOLLIN` of epoll_ctl(2). */
const READABLE = 1;
/** `struct epoll_event`: events 4, data 8. Only on x86_64 is it packed. */
const [EVENT_SIZE, DATA_OFFSET] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];

/** Functions that exist only on Linux. */
type EpollSymbols = { readonly [Name in "epoll_create1" | "epoll_ctl" | "epoll_wait"]: NonNullable<Symbols[Name]> };

/**
 * Opens an epoll, or a {@linkcode BlockingPoll} if the system has no epoll, or no descriptor for one.
 *
 * @param library libzmq, and the C library with it.
 * @param fds Descriptors, or -1 for none.
 */
export function openWait(library: Pick<Library, "symbols">, fds: readonly number[]): BlockingWait {
  const fd = library.symbols.epoll_create1?.(O_CLOEXEC) ?? NO_FD;
  return fd === NO_FD ? new BlockingPoll(library, fds) : new Epoll(library.symbols, fd, fds);
}

class Epoll implements BlockingWait {
  readonly #symbols: Symbols & EpollSymbols;
  /** The epoll's own descriptor. */
  readonly #fd: number;
  readonly #fds: number[];
  readonly #isWatched: boolean[];
  readonly #events: DataView<ArrayBuffer>;
  /** How many of the events are of the last wait. */
  #count = 0;

  constructor(symbols: Symbols, own: number, fds: readonly number[]) {
    this.#symbols = symbols as Symbols & EpollSymbols;
    this.#fd = own;
    this.#fds = fds.map(() => NO_FD);
    this.#isWatched = fds.map(() => true);
    this.#events = new DataView(new ArrayBuffer(fds.length * EVENT_SIZE));
    for (const [index, fd] of fds.entries()) this.setDescriptor(index, fd);
  }

  setDescriptor(index: number, fd: number): void {
    // Fails if the old descriptor was closed, which has removed it already.
    if (this.#fds[index] !== NO_FD) this.#control(REMOVE, index);
    this.#fds[index] = fd;
    if (fd !== NO_FD && this.#control(ADD, index) < 0) throw lastError(this.#symbols, "Cannot wait for a descriptor");
  }

  watch(index: number, isWatched: boolean): void {
    if (this.#isWatched[index] === isWatched) return;
    this.#isWatched[index] = isWatched;
    if (this.#fds[index] === NO_FD || this.#control(CHANGE, index) >= 0) return;
    throw lastError(this.#symbols, "Cannot change what to wait for");
  }

  wait(timeoutMs: number): number {
    const count = this.#symbols.epoll_wait(this.#fd, this.#events, this.#fds.length, timeoutMs);
    if (count < 0) expectInterrupt(this.#symbols);
    this.#count = Math.max(0, count);
    return this.#count;
  }

  ready(position: number): number {
    return this.#events.getInt32(position * EVENT_SIZE + DATA_OFFSET, true);
  }

  readable(index: number): boolean {
    for (let position = 0; position < this.#count; position++) if (this.ready(position) === index) return true;
    return false;
  }

  [Symbol.dispose](): void {
    this.#symbols.close(this.#fd);
  }

  #control(operation: number, index: number): number {
    const event = new DataView(new ArrayBuffer(EVENT_SIZE));
    event.setInt32(0, this.#isWatched[index] ? READABLE : 0, true);
    event.setInt32(DATA_OFFSET, index, true);
    return this.#symbols.epoll_ctl(this.#fd, operation, this.#fds[index]!, event);
  }
}
