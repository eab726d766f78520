/**
 * What messages consist of.
 *
 * @module
 */

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];
