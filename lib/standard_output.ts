/**
 * Standard output, for the results that a user asked for: they are written completely, or an error says that they were
 * not.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { Descriptor } from "./descriptor.ts";
import { systemReason } from "./system_error.ts";

/** How long to wait before writing again when a nonblocking stream takes nothing, in milliseconds. */
const PAUSE_MS = 10;

/** Nobody reads standard output any more. */
export class OutputClosedError extends Error {
  /** The class's name. */
  override readonly name = "OutputClosedError";
  /** A stable word for programs. */
  readonly code = "OUTPUT_CLOSED";
}

/** Standard output cannot be written, for instance because the disk is full. */
export class OutputError extends Error {
  /** The class's name. */
  override readonly name = "OutputError";
  /** A stable word for programs. */
  readonly code = "OUTPUT_FAILED";
}

/** A stream that may take only part of what is written to it. */
export interface PartialStream {
  /** Writes a part of the bytes, and returns how many. */
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes everything to standard output, and blocks this thread until that is done. For programs that do nothing else
 * meanwhile.
 *
 * @param data Text or bytes.
 * @param stream Another stream.
 * @throws {OutputClosedError} When nobody reads it any more.
 * @throws {OutputError} When it cannot be written.
 */
export function writeOutput(data: string | Uint8Array, stream: PartialStream = Deno.stdout): void {
  const bytes = bytesOf(data);
  for (let written = 0; written < bytes.length;) {
    const count = writeSome(stream, bytes.subarray(written));
    written += count;
    if (count === 0) pause();
  }
}

/** The part of a descriptor that is used here. */
export type OutputDescriptor = Pick<Descriptor, "isReady" | "ready" | "room">;

/** Standard output for a program that has other things to do: waiting does not block the thread. */
export class StandardOutput {
  readonly #stream: PartialStream;
  readonly #descriptor: OutputDescriptor;

  /**
   * @param descriptor Tells whether standard output is ready.
   * @param stream Another stream than standard output.
   */
  constructor(
    descriptor: OutputDescriptor = new Descriptor(1, { isFile: fstatSync(1).isFile() }),
    stream: PartialStream = Deno.stdout,
  ) {
    this.#descriptor = descriptor;
    this.#stream = stream;
  }

  /**
   * Writes everything. Only one call at a time.
   *
   * @param data Text or bytes. Do not change the bytes before the write has ended.
   * @returns Nothing if all is written already; otherwise a promise that resolves when it is.
   * @throws {OutputClosedError} When nobody reads it any more.
   * @throws {OutputError} When it cannot be written.
   */
  write(data: string | Uint8Array): void | Promise<void> {
    const bytes = bytesOf(data);
    const written = this.#writeReady(bytes);
    if (written < bytes.length) return this.#writeRest(bytes.subarray(written));
  }

  async #writeRest(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      await this.#descriptor.ready();
      written += this.#writeReady(bytes.subarray(written));
    }
  }

  /** Writes what the stream takes now, and returns how much that is. */
  #writeReady(bytes: Uint8Array): number {
    let written = 0;
    while (written < bytes.length && this.#descriptor.isReady()) {
      const count = writeSome(this.#stream, bytes.subarray(written, written + this.#descriptor.room));
      if (count === 0) break;
      written += count;
    }
    return written;
  }
}

/** Writes a part, or 0 bytes if the stream would block. */
function writeSome(stream: PartialStream, bytes: Uint8Array): number {
  try {
    return stream.writeSync(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock || error instanceof Deno.errors.Interrupted) return 0;
    throw outputError(error);
  }
}

function outputError(error: unknown): Error {
  if (error instanceof Deno.errors.BrokenPipe) {
    return new OutputClosedError("Cannot write to standard output: nobody reads it any more", { cause: error });
  }
  return new OutputError(`Cannot write to standard output: ${systemReason(error)}`, { cause: error });
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
