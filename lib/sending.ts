/**
 * Whether a connection may have ended because of the message that was sent on it. Pure.
 *
 * When a queue reads that a frame is larger than its `--max-message-size`, it closes the connection: ZeroMQ has no
 * message that says why.
 *
 * @module
 */

import type { Frames } from "./lru.ts";

/** The smallest possible `--max-message-size`, in bytes. A smaller frame is never refused. */
const MIN_REFUSED_BYTES = 1024;
/** How long a refusal may take to arrive, in milliseconds. */
const REFUSAL_MS = 250;
/** The slowest speed assumed for sending, in bytes per millisecond. */
const SLOWEST_BYTES_PER_MS = 1000;

/**
 * The size of a message's largest frame, if it can be too large for a queue.
 *
 * @param frames The message.
 * @returns The size in bytes; 0 if no queue refuses the message for its size.
 */
export function refusableBytes(frames: Frames): number {
  let largest = 0;
  for (const frame of frames) if (frame.length > largest) largest = frame.length;
  return largest >= MIN_REFUSED_BYTES ? largest : 0;
}

/**
 * Whether a message, or its refusal, may still have been in transit when the connection ended.
 *
 * @param bytes From {@linkcode refusableBytes}.
 * @param sentForMs How long before the end it was sent, in milliseconds.
 */
export function wasBeingSent(bytes: number, sentForMs: number): boolean {
  return bytes > 0 && sentForMs < REFUSAL_MS + bytes / SLOWEST_BYTES_PER_MS;
}

/**
 * Writes the phrase for a connection that ended while a message was being sent.
 *
 * @param what What was being sent, such as `a request`.
 * @param bytes From {@linkcode refusableBytes}.
 */
export function sendingSentence(what: string, bytes: number): string {
  return `the connection was closed while ${what} of ${bytes} bytes was being sent: ` +
    "the queue's --max-message-size may be smaller";
}
