/**
 * Standard input and output as bytes.
 *
 * @module
 */

import { fstatSync } from "node:fs";
import { writeAll } from "./log.ts";

const CHUNK_BYTES = 64 * 1024;

/** Nobody reads standard output any more. */
export class OutputClosed extends Error {
  /** The class's name. */
  override readonly name = "OutputClosed";
  /** A stable word for programs. */
  readonly code = "OUTPUT_CLOSED";
}

/** Whether standard input is a file, a pipe or a socket: neither a terminal nor `/dev/null`. Needs no permission. */
export function hasInput(): boolean {
  const status = fstatSync(0);
  return status.isFile() || status.isFIFO() || status.isSocket();
}

/** Reads standard input to its end. */
export async function readInput(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}

/** Reads standard input piece by piece, each when it is asked for; a piece is good until the next one is asked for. */
export async function* inputChunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let size = await Deno.stdin.read(buffer); size !== null; size = await Deno.stdin.read(buffer)) {
    yield buffer.subarray(0, size);
  }
}

/**
 * Writes to standard output, whole.
 *
 * @param bytes What to write.
 * @throws {OutputClosed} When nobody reads it any more.
 */
export function writeOutput(bytes: Uint8Array): void {
  if (!writeAll(Deno.stdout, bytes)) {
    throw new OutputClosed("Cannot write to standard output: nobody reads it any more");
  }
}
