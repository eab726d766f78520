/**
 * Text for C functions.
 *
 * @module
 */

/**
 * Encodes text as a C string.
 *
 * @param text The text.
 * @returns Its UTF-8 bytes and a final NUL.
 * @throws {RangeError} When the text contains a NUL character, which would end it in C.
 */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) {
    throw new RangeError(`Cannot pass ${JSON.stringify(text)} to libzmq: it contains a NUL character`);
  }
  return new TextEncoder().encode(text + "\0");
}
