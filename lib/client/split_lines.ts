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
 * @param maxBytes The most bytes that a line may have.
 * @returns The lines in order, without their line feeds, in batches: one for the lines that end in the same piece. The
 * last line needs no line feed, and nothing follows a final line feed.
 * @throws {LineTooLongError} When a line is longer.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Frames> {
  /** The pieces of an unfinished line, and their size. */
  let begun: Frames = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    // One copy for all lines of the piece: allocating memory for each line would cost more than copying its bytes.
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
