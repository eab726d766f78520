/**
 * Standard error, to which programs write their log.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { cLibrary, O_CLOEXEC } from "./c_library.ts";
import { delay } from "./delay.ts";
import { Descriptor } from "./descriptor.ts";
import type { LogTarget } from "./log.ts";
import { permittedVariable } from "./permitted_variable.ts";

const STDERR = 2;
const STDERR_PATH = new TextEncoder().encode("/dev/stderr\0");
const O_WRONLY = 1;
/** The terminal does not become the controlling terminal of this process. */
const O_NOCTTY = Deno.build.os === "linux" ? 0o400 : 0x20000;
const O_NONBLOCK = Deno.build.os === "linux" ? 0o4000 : 4;
/** How long writing the last text of a program may take, in milliseconds. */
const LAST_TEXT_MS = 500;

/** A stream that may be unable to take what is written to it. */
export interface LossyStream {
  /** Writes a part of the bytes, and returns how many. */
  writeSync(bytes: Uint8Array<ArrayBuffer>): number;
  /** Whether it would take up to {@linkcode LossyStream.room} bytes without blocking the thread. */
  isReady(): boolean;
  /** The most bytes that it takes without blocking when it is ready. */
  readonly room: number;
}

/**
 * Writes whole lines to a stream if it can take them, and never waits or fails, even if the disk is full, the terminal
 * is closed, or the reader of a pipe has stopped.
 */
export class LossyLines {
  readonly #stream: LossyStream;
  readonly #encoder = new TextEncoder();
  /** The rest of a line that was written in part; it goes first. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** @param stream Where lines go. */
  constructor(stream: LossyStream) {
    this.#stream = stream;
  }

  /**
   * Writes a line.
   *
   * @param line The line, with its line feed.
   * @returns Whether the line was written or will be; `false` if it is lost.
   */
  write(line: string): boolean {
    if (this.#rest.length > 0) {
      this.#rest = this.#rest.subarray(this.#writePart(this.#rest));
      if (this.#rest.length > 0) return false;
    }
    const bytes = this.#encoder.encode(line);
    const written = this.#writePart(bytes);
    if (written === 0) return false;
    this.#rest = bytes.subarray(written);
    return true;
  }

  /** Writes what the stream takes, and returns how much that is. */
  #writePart(bytes: Uint8Array<ArrayBuffer>): number {
    let written = 0;
    try {
      while (written < bytes.length && this.#stream.isReady()) {
        written += this.#stream.writeSync(bytes.subarray(written, written + this.#stream.room));
      }
    } catch {
      // A log that cannot be written is no reason to fail, and there is nowhere to report it. Lost lines are counted.
    }
    return written;
  }
}

/** Opens standard error for a log. */
export function standardError(): LogTarget {
  const isTerminal = Deno.stderr.isTerminal();
  const lines = new LossyLines((isTerminal ? openTerminal() : undefined) ?? openDescriptor());
  return {
    write: (line) => lines.write(line),
    isTerminal,
    useColor: isTerminal && !Deno.noColor && !isDumbTerminal(),
  };
}

function openDescriptor(): LossyStream {
  const descriptor = new Descriptor(STDERR, { isFile: fstatSync(STDERR).isFile() });
  return {
    room: descriptor.room,
    isReady: () => descriptor.isReady(),
    writeSync: (bytes) => Deno.stderr.writeSync(bytes),
  };
}

/**
 * Opens the terminal a second time, to write to it in nonblocking mode: a terminal that is ready may have room for only
 * a part of a line, and would block for the rest.
 *
 * @returns The terminal; `undefined` where that is not possible, for instance because it belongs to another user.
 */
function openTerminal(): LossyStream | undefined {
  const c = cLibrary();
  const fd = c?.open(STDERR_PATH, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) ?? -1;
  if (c === undefined || fd < 0) return undefined;
  return {
    room: Infinity,
    isReady: () => true,
    writeSync: (bytes) => {
      const count = Number(c.write(fd, bytes, BigInt(bytes.length)));
      if (count <= 0) throw new Error("Nothing can be written to the terminal");
      return count;
    },
  };
}

/**
 * Writes text to standard error, all of it if the stream takes it. For programs without a log.
 *
 * @param text The text, with its line feed.
 */
export function printError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
  } catch {
    // There is nowhere to report it.
  }
}

/**
 * Writes the last text of a program to standard error. If nobody reads it, the program still ends.
 *
 * @param text The text, with its line feed.
 */
export async function printLast(text: string): Promise<void> {
  const print = async () => {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += await Deno.stderr.write(bytes.subarray(written));
  };
  // There is nowhere to report a failure.
  await Promise.race([print().catch(() => {}), delay(LAST_TEXT_MS)]);
}

/** Whether the terminal can only show plain text (`TERM=dumb`), as far as known. */
export function isDumbTerminal(): boolean {
  return ["dumb", "", undefined].includes(permittedVariable("TERM"));
}
