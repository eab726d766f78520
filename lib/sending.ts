/**
 * Whether a connection may have ended because of the message that was sent on it. Pure.
 *
 * A queue closes a connection when it reads the size of a frame that is larger than its `--max-message-size`, and ZeroMQ
 * has no way of saying so.
 *
 * @module
 */

import type { Frames } from "./lru.ts";

/** A smaller frame is not refused: `--max-message-size` is at least this, in bytes. */
const MIN_REFUSED_BYTES = 1024;
/** How long the other side's refusal may take to come, in milliseconds. */
const REFUSAL_MS = 250;
/** How fast a message is sent at least, in bytes per millisecond. */
const SLOWEST_BYTES_PER_MS = 1000;

/**
 * The bytes of a message's largest frame, if that can be too large for a queue.
 *
 * @param frames The message.
 * @returns The bytes; 0: no queue refuses the message for its size.
 */
export function refusableBytes(frames: Frames): number {
  let largest = 0;
  for (const frame of frames) if (frame.length > largest) largest = frame.length;
  return largest >= MIN_REFUSED_BYTES ? largest : 0;
}

/**
 * Whether a message may still have been under way when its connection ended, or its refusal.
 *
 * @param bytes From {@linkcode refusableBytes}.
 * @param sentForMs How long before the end it was sent.
 */
export function wasBeingSent(bytes: number, sentForMs: number): boolean {
  return bytes > 0 && sentForMs < REFUSAL_MS + bytes / SLOWEST_BYTES_PER_MS;
}

/**
 * Says that a connection ended while a message was being sent.
 *
 * @param what What was being sent, such as `a request`.
 * @param bytes From {@linkcode refusableBytes}.
 */
export function sendingSentence(what: string, bytes: number): string {
  return `the connection was closed while ${what} of ${bytes} bytes was being sent: ` +
    "the queue's --max-message-size may be smaller";
}
