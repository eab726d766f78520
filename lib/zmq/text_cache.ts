/**
 * Turns short byte strings that come again and again, such as identities, into text without making it anew each time.
 *
 * A string that is there already costs no memory, carries its hash, and is found in a `Map` by its address.
 *
 * @module
 */

/** Slots of a {@linkcode TextCache}; identities that libzmq gives are consecutive numbers, each with a slot of its own. */
const SLOTS = 1 << 14;

/** Remembers the text of the bytes that were seen last; those with the same hash take each other's place. */
export class TextCache {
  readonly #texts: string[] = new Array(SLOTS).fill("");

  /**
   * The text of bytes, one character a byte.
   *
   * @param bytes The memory.
   * @param size How many of them, from the first.
   */
  text(bytes: Uint8Array<ArrayBuffer>, size: number): string {
    let hash = size;
    // By 257 two bytes are told apart in as many slots; Math.imul keeps the product an integer.
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
