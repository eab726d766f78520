/**
 * Checks whether a file descriptor of this process can be written to without waiting (poll(2)).
 *
 * @module
 */

import { cLibrary } from "./c_library.ts";

/** `POLLOUT` of poll(2). */
const WRITABLE = 4;
/** The longest single wait, in milliseconds. A wait on another thread keeps the process alive, so it must end. */
const WAIT_MS = 100;
/** `PIPE_BUF`: a pipe that is ready has room for this much. */
const PIPE_BYTES = Deno.build.os === "linux" ? 4096 : 512;
const FILE_BYTES = 1024 * 1024;

/** A file descriptor that is written to. */
export class Descriptor {
  readonly #c = cLibrary();
  /**
   * `struct pollfd`: first the descriptor, then the events to wait for and, in the upper half, those that poll(2)
   * found.
   */
  readonly #entry = new Int32Array(new ArrayBuffer(8));
  /** How many bytes it takes without blocking the thread when it is ready. */
  readonly room: number;

  /**
   * @param fd The descriptor, such as 1 for standard output.
   * @param kind Whether it is a file, which is always ready.
   */
  constructor(fd: number, kind: { readonly isFile: boolean }) {
    this.#entry[0] = fd;
    this.#entry[1] = WRITABLE;
    this.room = kind.isFile ? FILE_BYTES : PIPE_BYTES;
  }

  /** Whether a write would return at once: there is room, or the write would fail. */
  isReady(): boolean {
    return this.#c === undefined || this.#c.poll(this.#entry, 1n, 0) > 0;
  }

  /** Waits until a write would return at once, without blocking this thread. */
  async ready(): Promise<void> {
    while (!this.isReady()) await this.#c?.poll_async(this.#entry, 1n, WAIT_MS);
  }
}
