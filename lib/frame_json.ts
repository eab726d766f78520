/**
 * Frames as JSON, for programs: an array whose elements are strings, for frames that are UTF-8, or `{"base64": "..."}`
 * for bytes that are not UTF-8.
 *
 * @module
 */

import { kindOf } from "./kind_of.ts";
import type { Frames } from "./lru.ts";

// Without `ignoreBOM`, the decoder would remove a byte order mark.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const BEYOND_PRINTABLE_ASCII = /[^ -~]/;
const LAST_PRINTABLE = 0x7e;
const LAST_ASCII = 0x7f;
const SHORT_BYTES = 128;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** How many bytes `\uXXXX` is longer than the character that it replaces. */
const ESCAPE_GROWTH = 5;
const HEX_DIGITS: Uint8Array = encoder.encode("0123456789abcdef");

/**
 * Writes frames as JSON, in printable ASCII only: every other character is escaped as `\uXXXX`. So no reader finds a
 * line break inside, whatever characters it splits at (Python's `splitlines` and Java's `Scanner` at U+0085, Node's
 * `readline` at U+2028, ...), and none depends on its locale's encoding.
 *
 * @param frames The frames.
 * @param end The text to add after the array.
 * @returns The array's text.
 */
export function encodeFrames(frames: Frames, end: "" | "\n" = ""): Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(frames.map(frameValue));
  return BEYOND_PRINTABLE_ASCII.test(json) ? escaped(json, end) : encoder.encode(json + end);
}

/**
 * Parses JSON from a program's output.
 *
 * @param bytes The text, in UTF-8.
 * @returns The value.
 * @throws {SyntaxError} When it is not UTF-8 or not JSON.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new SyntaxError("nothing");
  let text: string;
  try {
    text = decode(bytes);
  } catch (cause) {
    throw new SyntaxError("not UTF-8", { cause });
  }
  return JSON.parse(text);
}

/**
 * Reads frames from a JSON value.
 *
 * @param value The value.
 * @returns The frames.
 * @throws {TypeError} When it is not an array, or an element is neither a string nor `{"base64": "..."}`.
 */
export function decodeFrames(value: unknown): Frames {
  if (!Array.isArray(value)) throw new TypeError(`frames must be an array, not ${kindOf(value)}`);
  return value.map(decodeFrame);
}

/**
 * Returns the JSON value of a frame.
 *
 * @param frame The frame.
 * @returns Its text if it is UTF-8, otherwise its bytes in base64.
 */
export function frameValue(frame: Uint8Array): string | { base64: string } {
  try {
    return decode(frame);
  } catch {
    return { base64: frame.toBase64() };
  }
}

/** Decodes short ASCII text itself, which takes a tenth of the decoder's time. */
function decode(bytes: Uint8Array): string {
  if (bytes.length > SHORT_BYTES) return strictDecoder.decode(bytes);
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte > LAST_ASCII) return strictDecoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Escapes byte by byte, which costs no more than encoding the text without escaping; `replace` with a function takes
 * six times as long.
 */
function escaped(json: string, end: string): Uint8Array<ArrayBuffer> {
  let size = json.length + end.length;
  for (let index = 0; index < json.length; index++) if (json.charCodeAt(index) > LAST_PRINTABLE) size += ESCAPE_GROWTH;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (let index = 0; index < json.length; index++) {
    const unit = json.charCodeAt(index);
    if (unit <= LAST_PRINTABLE) {
      bytes[offset++] = unit;
      continue;
    }
    bytes[offset++] = BACKSLASH;
    bytes[offset++] = LETTER_U;
    for (let shift = 12; shift >= 0; shift -= 4) bytes[offset++] = HEX_DIGITS[(unit >> shift) & 0xf]!;
  }
  bytes.set(encoder.encode(end), offset);
  return bytes;
}

function decodeFrame(element: unknown, index: number): Uint8Array<ArrayBuffer> {
  if (typeof element === "string") {
    if (!element.isWellFormed()) {
      throw new TypeError(`frame ${index} has half a surrogate pair, which UTF-8 cannot have`);
    }
    return encoder.encode(element);
  }
  if (!isBase64(element)) {
    throw new TypeError(`frame ${index} must be a string or {"base64": "..."}, not ${kindOf(element)}`);
  }
  try {
    return Uint8Array.fromBase64(element.base64);
  } catch (cause) {
    throw new TypeError(`frame ${index} is not valid base64`, { cause });
  }
}

function isBase64(element: unknown): element is { readonly base64: string } {
  return typeof element === "object" && element !== null && Object.keys(element).length === 1 &&
    "base64" in element && typeof element.base64 === "string";
}
