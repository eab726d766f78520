/**
 * Turns short byte strings that come again and again, such as identities, into text, and makes each text only once.
 *
 * A string that exists already costs no memory, has its hash, and is found in a `Map` by its address.
 *
 * @module
 */

/** Slots of a {@linkcode TextCache}. Identities that libzmq gives are consecutive numbers, so each has a slot to itself. */
const SLOTS = 1 << 14;

/** Remembers the text of the bytes that were seen last; those with the same hash replace each other. */
export class TextCache {
  readonly #texts: string[] = new Array(SLOTS).fill("");

  /**
   * Gives the text of bytes, one character a byte.
   *
   * @param bytes The memory.
   * @param size How many bytes, from the first one.
   */
  text(bytes: Uint8Array<ArrayBuffer>, size: number): string {
    let hash = size;
    // With 257, two bytes that differ have different slots; Math.imul keeps the product an integer.
    for (let i = 0; i < size; i++) hash = Math.imul(hash, 257) + bytes[i]! | 0;
    const slot = hash & (SLOTS - 1);
    const known = this.#texts[slot]!;
    if (isTextOf(known, bytes, size)) return known;
    const text = String.fromCharCode.apply(null, bytes.subarray(0, size) as unknown as number[]);
    this.#texts[slot] = text;
    return text;
  }
}

function isTextOf(text: string, bytes: Uint8Array<ArrayBuffer>, size: number): boolean {
  if (text.length !== size) return false;
  for (let i = 0; i < size; i++) if (text.charCodeAt(i) !== bytes[i]) return false;
  return true;
}
