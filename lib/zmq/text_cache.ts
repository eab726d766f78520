/**
 * Turns short, recurring byte strings, such as identities, into text, and creates each text only once.
 *
 * An existing string costs no memory, already has its hash, and is found in a `Map` by its address.
 *
 * @module
 */

/**
 * Slots of a {@linkcode TextCache}. Identities that libzmq assigns are consecutive numbers, so each has its own slot.
 */
const SLOTS = 1 << 14;

/** Remembers the texts of recent byte strings. Those with the same hash replace each other. */
export class TextCache {
  readonly #texts: string[] = new Array(SLOTS).fill("");

  /**
   * Returns the text of bytes, one character per byte.
   *
   * @param bytes The memory.
   * @param size How many bytes to use, from the first one.
   */
  text(bytes: Uint8Array<ArrayBuffer>, size: number): string {
    let hash = size;
    // With the factor 257, any two different strings of two bytes have different slots. Math.imul keeps the product an
    // integer.
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
