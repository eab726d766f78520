/**
 * What messages consist of.
 *
 * @module
 */

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];

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
