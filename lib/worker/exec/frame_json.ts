/**
 * Frames as JSON, for programs: an array whose elements are strings, which stand for their UTF-8 bytes, or
 * `{"base64": "..."}` for bytes that are no UTF-8.
 *
 * @module
 */

import type { Frames } from "../../lru.ts";

// As it is by default, it would take the byte order mark away.
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes frames as JSON, on one line.
 *
 * @param frames The frames.
 * @returns The array's text, without line feeds.
 */
export function encodeFrames(frames: Frames): string {
  return JSON.stringify(frames.map(encodeFrame));
}

/**
 * Reads JSON as a program wrote it.
 *
 * @param bytes The text, in UTF-8.
 * @returns The value.
 * @throws {SyntaxError} When it is no UTF-8 or no JSON.
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new SyntaxError("nothing");
  let text: string;
  try {
    text = strictDecoder.decode(bytes);
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
 * @throws {TypeError} When it is no array, or an element is neither a string nor `{"base64": "..."}`.
 */
export function decodeFrames(value: unknown): Frames {
  if (!Array.isArray(value)) throw new TypeError(`frames are an array, not ${kindOf(value)}`);
  return value.map(decodeFrame);
}

function encodeFrame(frame: Uint8Array): string | { base64: string } {
  try {
    return strictDecoder.decode(frame);
  } catch {
    return { base64: frame.toBase64() };
  }
}

function decodeFrame(element: unknown, index: number): Uint8Array<ArrayBuffer> {
  if (typeof element === "string") {
    if (!element.isWellFormed()) {
      throw new TypeError(`frame ${index} has half a surrogate pair, which UTF-8 cannot have`);
    }
    return new TextEncoder().encode(element);
  }
  if (!isBase64(element)) {
    throw new TypeError(`frame ${index} must be a string or {"base64": "..."}, not ${kindOf(element)}`);
  }
  try {
    return Uint8Array.fromBase64(element.base64);
  } catch (cause) {
    throw new TypeError(`frame ${index} has base64 that is none`, { cause });
  }
}

function isBase64(element: unknown): element is { readonly base64: string } {
  return typeof element === "object" && element !== null && Object.keys(element).length === 1 &&
    "base64" in element && typeof element.base64 === "string";
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
