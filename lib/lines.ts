/**
 * Lines of a stream of bytes.
 *
 * @module
 */

import type { Frames } from "./frames.ts";

const LINE_FEED = 10;

/**
 * Splits a stream into lines.
 *
 * @param chunks The stream's pieces; none is used after the next one was asked for.
 * @returns The lines in order, without their line feeds, each a copy of its own. A last line needs no line feed; after a last
 * line feed there is no further line.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  /** The pieces so far of a line that has not ended yet. */
  let begun: Frames = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      begun.push(chunk.slice(start, end));
      yield concatenate(begun);
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.slice(start));
  }
  if (begun.length > 0) yield concatenate(begun);
}

/**
 * Puts pieces one after the other.
 *
 * @param pieces The pieces.
 * @returns All their bytes; the piece itself if there is one only.
 */
export function concatenate(pieces: Frames): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
