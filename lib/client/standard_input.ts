/**
 * Standard input as bytes.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { concatenate, type Frames } from "../lru.ts";
import { systemReason } from "../system_error.ts";
import { formatSize } from "../units.ts";

const CHUNK_BYTES = 64 * 1024;
/** How long to wait before reading again when a nonblocking pipe has no data yet, in milliseconds. */
const PAUSE_MS = 10;

/** Standard input cannot be read, for instance because it is a folder. */
export class InputError extends Error {
  /** The class's name. */
  override readonly name = "InputError";
  /** A stable word for programs. */
  readonly code = "INPUT_FAILED";
}

/** A stream to read from. */
export interface InputStream {
  /** Reads up to a number of bytes, and returns how many; `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * Reads standard input to its end.
 *
 * @param maxBytes The most bytes to accept.
 * @throws {InputError} When it cannot be read, or is larger.
 */
export async function readInput(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Frames = [];
  let size = 0;
  for await (const chunk of inputChunks()) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new InputError(`Cannot send standard input as one request: it is larger than ${formatSize(maxBytes)}`);
    }
    chunks.push(chunk.slice());
  }
  return concatenate(chunks);
}

/**
 * Reads standard input piece by piece, on demand. A piece is valid until the next one is requested.
 *
 * @param stream Another stream to read, for tests.
 * @throws {InputError} When it cannot be read.
 */
export async function* inputChunks(stream: InputStream = Deno.stdin): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let size = await readSome(stream, buffer); size !== null; size = await readSome(stream, buffer)) {
    yield buffer.subarray(0, size);
  }
}

async function readSome(stream: InputStream, buffer: Uint8Array): Promise<number | null> {
  for (;;) {
    try {
      return await stream.read(buffer);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock || error instanceof Deno.errors.Interrupted)) {
        throw new InputError(`Cannot read standard input: ${systemReason(error)}`, { cause: error });
      }
      await delay(PAUSE_MS);
    }
  }
}
