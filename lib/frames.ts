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
  const whole = new Uint8Array(sizeOf(pieces));
  copyTo(whole, pieces);
  return whole;
}

/**
 * Counts the bytes of pieces.
 *
 * @param pieces The pieces.
 */
export function sizeOf(pieces: Frames): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}

/**
 * Copies pieces one after the other to the beginning of a target.
 *
 * @param target Has room for all.
 * @param pieces The pieces.
 */
export function copyTo(target: Uint8Array, pieces: Frames): void {
  let offset = 0;
  for (const piece of pieces) {
    target.set(piece, offset);
    offset += piece.length;
  }
}
