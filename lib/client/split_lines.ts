/**
 * Splits a stream of bytes into lines.
 *
 * @module
 */

import { concatenate, type Frames } from "../lru.ts";
import { formatSize } from "../units.ts";

const LINE_FEED = 10;

/** A line is larger than a request can be. */
export class LineTooLongError extends Error {
  /** The class's name. */
  override readonly name = "LineTooLongError";
  /** A stable code for programs. */
  readonly code = "LINE_TOO_LONG";
}

/**
 * Splits a stream into lines.
 *
 * @param chunks The pieces of the stream; each is valid until the next one is asked for.
 * @param maxBytes How long a line may be.
 * @returns The lines in order, without their line feeds; those that end in one piece come together. The last line needs no
 * line feed, and after a last line feed there is no further line.
 * @throws {LineTooLongError} When a line is longer.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Frames> {
  /** The pieces of a line that has not ended yet, and their size. */
  let begun: Frames = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    // One copy for all: memory for each line would cost more than the lines' bytes.
    const piece = chunk.slice();
    const lines: Frames = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
      begun.push(piece.subarray(start, end));
      lines.push(concatenate(begun));
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    if (start < piece.length) {
      begun.push(piece.subarray(start));
      begunBytes += piece.length - start;
    }
    yield lines;
    if (begunBytes > maxBytes) {
      throw new LineTooLongError(`Cannot send a line as one request: it is larger than ${formatSize(maxBytes)}`);
    }
  }
  if (begun.length > 0) yield [concatenate(begun)];
}
