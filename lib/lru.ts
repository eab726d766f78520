/**
 * The worker queue (least recently used first), and the splitting and joining of messages and their frames.
 *
 * All of it is pure. Frames are of any type `F` that a {@linkcode FrameReader} can read: the queue splits frames that
 * stay in libzmq's memory, and the worker, the client and the tests split plain bytes.
 *
 * @module
 */

import { type Linked, LinkedList } from "./linked_list.ts";

export type { Linked } from "./linked_list.ts";

/**
 * A queue of idle workers, longest idle first: the Guide's load balancing pattern ("LRU queue").
 *
 * A worker is in it at most once. Every operation takes constant time.
 *
 * @example
 * ```ts
 * import { type Linked, LruQueue } from "@spqueue/spqueue/lru";
 * import { assertEquals } from "@std/assert";
 *
 * class Idle implements Linked<Idle> {
 *   list: object | null = null;
 *   previous: Idle | null = null;
 *   next: Idle | null = null;
 *   constructor(readonly name: string) {}
 * }
 *
 * const [a, b] = [new Idle("a"), new Idle("b")];
 * const queue = new LruQueue<Idle>();
 * queue.add(a);
 * queue.add(b);
 * queue.add(a); // it is already there and keeps its place
 * assertEquals([queue.take(), queue.take(), queue.take()], [a, b, undefined]);
 * ```
 */
export class LruQueue<W extends Linked<W>> {
  readonly #idle = new LinkedList<W>();

  /** How many workers are idle. */
  get size(): number {
    return this.#idle.size;
  }

  /**
   * Adds a worker that has just become idle. A worker that is already in the queue keeps its place.
   *
   * @param worker The worker, which must be in no other list.
   * @returns Whether it was added.
   */
  add(worker: W): boolean {
    if (this.has(worker)) return false;
    this.#idle.append(worker);
    return true;
  }

  /** Whether a worker is idle. */
  has(worker: W): boolean {
    return worker.list === this.#idle;
  }

  /** Removes and returns the worker that has been idle longest, or `undefined`. */
  take(): W | undefined {
    return this.#idle.take() ?? undefined;
  }

  /**
   * Removes a worker, for instance one that has left.
   *
   * @returns Whether it was in the queue.
   */
  delete(worker: W): boolean {
    if (!this.has(worker)) return false;
    this.#idle.remove(worker);
    return true;
  }

  /** The workers, longest idle first. */
  [Symbol.iterator](): IterableIterator<W> {
    return this.#idle[Symbol.iterator]();
  }
}

/** A message's frames. */
export type Frames = Uint8Array<ArrayBuffer>[];

/** Reads frames of type `F`. */
export interface FrameReader<F> {
  /** Bytes in the frame. */
  size(frame: F): number;
  /** The byte at `index`, which is less than the frame's size. */
  byteAt(frame: F, index: number): number;
  /** The frame's bytes as text, one character per byte. */
  text(frame: F): string;
}

/** Reads frames that are plain bytes. */
export const BYTES_READER: FrameReader<Uint8Array> = {
  size: (frame) => frame.length,
  byteAt: (frame, index) => frame[index]!,
  text: (frame) => frame.reduce((text, byte) => text + String.fromCharCode(byte), ""),
};

/** READY as most of the Guide's workers send it (C, Go, Haskell, Haxe, Java, Python). */
export const READY_BYTE = "\x01";

/** READY as the Guide's workers in C++, C#, Lua, PHP and Tcl send it. */
export const READY_WORD = "READY";

/** The meaning of a worker's message. */
export type WorkerMessage =
  /**
   * The worker is free: after the empty frames, there is one frame, {@linkcode READY_BYTE} or {@linkcode READY_WORD}.
   */
  | { readonly kind: "ready" }
  /** A reply: the client's identity is at index `client`, and the frames for that client follow it. */
  | { readonly kind: "reply"; readonly client: number }
  /** Neither. */
  | { readonly kind: "malformed" };

const READY_MESSAGE: WorkerMessage = { kind: "ready" };
const MALFORMED_MESSAGE: WorkerMessage = { kind: "malformed" };
/** Shared, since most replies have this form: one empty frame before the client's identity. */
const USUAL_REPLY: WorkerMessage = { kind: "reply", client: 1 };

/**
 * Recognises a worker's message: `["", 0x01]`, `["", "READY"]` or `["", client, "", ...reply]`.
 *
 * READY has exactly one frame after the leading empty frames (Haskell's worker sends two empty frames), a reply has at
 * least two, and a client's identity is never empty. So neither a reply whose body is `READY` nor a client whose
 * identity is the byte 1 is mistaken for READY.
 *
 * @param frames The frames after the worker's identity.
 * @param reader Reads them.
 * @returns Its meaning.
 */
export function splitWorkerMessage<F>(frames: readonly F[], reader: FrameReader<F>): WorkerMessage {
  let first = 0;
  while (first < frames.length && reader.size(frames[first]!) === 0) first++;
  const count = frames.length - first;
  if (count > 1) return first === 1 ? USUAL_REPLY : { kind: "reply", client: first };
  return count === 1 && isReadySignal(frames[first]!, reader) ? READY_MESSAGE : MALFORMED_MESSAGE;
}

/**
 * Whether a frame is READY in one of the Guide's two forms.
 *
 * @param frame The frame.
 * @param reader Reads it.
 */
export function isReadySignal<F>(frame: F, reader: FrameReader<F>): boolean {
  const size = reader.size(frame);
  if (size === READY_BYTE.length) return reader.byteAt(frame, 0) === 1;
  return size === READY_WORD.length && reader.text(frame) === READY_WORD;
}

/** The two parts of a request or reply. */
export interface SplitMessage<F> {
  /** Everything up to and including the first empty frame. A reply must begin with it to find its way back. */
  readonly envelope: F[];
  /** Everything after the envelope. */
  readonly body: F[];
}

/**
 * Splits a message at its first empty frame, the delimiter.
 *
 * An envelope may be nested: `[client, hop, "", ...body]` for a client behind another ROUTER.
 *
 * @param frames The message as a worker's REQ or DEALER receives it, such as `[client, "", ...body]`.
 * @param reader Reads the frames.
 * @returns Its parts. Without a delimiter, the envelope is the first frame.
 */
export function splitEnvelope<F>(frames: readonly F[], reader: FrameReader<NoInfer<F>>): SplitMessage<F> {
  const delimiter = frames.findIndex((frame) => reader.size(frame) === 0);
  const end = delimiter < 0 ? 1 : delimiter + 1;
  return { envelope: frames.slice(0, end), body: frames.slice(end) };
}

/**
 * Concatenates pieces.
 *
 * @param pieces The pieces.
 * @returns All their bytes; the piece itself if there is only one.
 */
export function concatenate(pieces: Frames): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(sizeOf(pieces));
  copyTo(whole, pieces);
  return whole;
}

/**
 * The total size of pieces, in bytes.
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
 * @param target An array with room for all of them.
 * @param pieces The pieces.
 */
export function copyTo(target: Uint8Array, pieces: Frames): void {
  let offset = 0;
  for (const piece of pieces) {
    target.set(piece, offset);
    offset += piece.length;
  }
}
