/**
 * Lines of a stream of bytes.
 *
 * @module
 */

import { concatenate, type Frames } from "../lru.ts";

const LINE_FEED = 10;

/**
 * Splits a stream into lines.
 *
 * @param chunks The stream's pieces; none is used after the next one was asked for.
 * @returns The lines in order, without their line feeds, those that end in a piece at once. A last line needs no line feed;
 * after a last line feed there is no further line.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frames> {
  /** The pieces so far of a line that has not ended yet. */
  let begun: Frames = [];
  for await (const chunk of chunks) {
    // One copy for all: memory for each line would cost more than the lines' bytes.
    const piece = chunk.slice();
    const lines: Frames = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, start)) {
      begun.push(piece.subarray(start, end));
      lines.push(concatenate(begun));
      begun = [];
      start = end + 1;
    }
    if (start < piece.length) begun.push(piece.subarray(start));
    yield lines;
  }
  if (begun.length > 0) yield [concatenate(begun)];
}
