/**
 * Frames that stay in libzmq's memory: a pool of `zmq_msg_t`, handed out as small numbers.
 *
 * A body is received, held, sent and dropped by its handle, so JavaScript never copies it. The pool's memory is outside
 * V8's heap and never moves, because libzmq keeps pointers into it.
 *
 * @module
 */

import { DONTWAIT, MESSAGE_SIZE, SNDMORE } from "./constants.ts";
import { errnoNumber, isCallToRepeat, lastError } from "./error.ts";
import type { Symbols } from "./symbols.ts";
import { TextCache } from "./text_cache.ts";

/** A frame in a {@linkcode MessagePool}. */
export type FrameHandle = number;

/** The handle of an empty frame, which needs no memory. */
export const EMPTY_FRAME: FrameHandle = 0;

/** {@linkcode MessagePool.receiveFrame} found no message. */
export const NO_FRAME: FrameHandle = -1;

/** The result of sending without waiting. */
export type SendOutcome = "sent" | "would block" | "unreachable";

/** The longest identity that ZMTP allows. libzmq does not check it. */
export const MAX_IDENTITY_BYTES = 255;

/** The number of lower bits of a handle, which are the frame's index in its chunk. */
const CHUNK_BITS = 10;
const CHUNK_FRAMES = 1 << CHUNK_BITS;
/** One byte more, to recognise an identity that is too long. */
const IDENTITY_MEMORY = MAX_IDENTITY_BYTES + 1;
/**
 * The content of a released frame up to this size, in bytes, stays until libzmq drops it when it receives into the
 * frame again, which saves two calls. Larger content is dropped at once.
 */
const KEPT_BYTES = 64;

/** A command that every ZMTP 3 peer drops unless it has asked for it. */
const PONG = new TextEncoder().encode("\x04PONG");
/** Flag of a `zmq_msg_t`: more frames follow (`msg_t::more`). */
const MORE_FLAG = 1;
/**
 * Flag of a `zmq_msg_t`: the frame is a command (`msg_t::command`). libzmq delivers two kinds of commands as parts of
 * messages, CANCEL and SUBSCRIBE (`session_base_t::push_msg`). Sent on unchanged, such a frame would also be a command
 * to the receiver, which would drop it.
 */
const COMMAND_FLAG = 2;

const EAGAIN = errnoNumber("EAGAIN");
const EHOSTUNREACH = errnoNumber("EHOSTUNREACH");

/** A pool of `zmq_msg_t`, for one thread. It reuses released ones, and never shrinks. */
export class MessagePool {
  readonly #symbols: Symbols;
  /** The memory of the `zmq_msg_t`, {@linkcode CHUNK_FRAMES} per chunk. */
  readonly #chunks: Uint8Array[] = [];
  /**
   * By handle: the `zmq_msg_t`, always initialised. A free one may still have content of up to {@linkcode KEPT_BYTES}.
   */
  readonly #pointers: Deno.PointerObject[] = [];
  /** By handle: bytes in the frame. */
  readonly #sizes: number[] = [];
  readonly #free: FrameHandle[] = [];
  /** The memory through which identities are received and sent. */
  readonly #identity = new Uint8Array(IDENTITY_MEMORY);
  readonly #identityPointer: Deno.PointerObject;
  readonly #texts = new TextCache();
  readonly #scratch: Deno.PointerObject;
  /** The offset of the flags in a `zmq_msg_t`. Reading them directly saves calls for every frame. */
  readonly #flagsOffset: number;
  /** The frame received last, even if it was empty. Its properties are those of the whole message. */
  #last: Deno.PointerObject;
  /** Whether more frames of the message follow the one received last. */
  more = false;

  /** @param symbols libzmq. */
  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.#identityPointer = pointerTo(this.#identity);
    this.#grow();
    // Free frames are taken in ascending order, so this reserves EMPTY_FRAME.
    this.#acquire();
    const scratch = this.#acquire();
    this.#scratch = this.#pointers[scratch]!;
    this.#flagsOffset = this.#findFlags(scratch);
    this.#last = this.#scratch;
  }

  /** The number of frames in use, for tests; 0 if everything was released. */
  get inUse(): number {
    return this.#pointers.length - this.#free.length - 2;
  }

  /** Bytes in a frame. */
  size(frame: FrameHandle): number {
    return this.#sizes[frame]!;
  }

  /** One byte of a frame. */
  byteAt(frame: FrameHandle, index: number): number {
    return this.#view(frame)[index]!;
  }

  /** The bytes of a frame, one character each. */
  text(frame: FrameHandle): string {
    const size = this.#sizes[frame]!;
    if (size === 0) return "";
    if (size > MAX_IDENTITY_BYTES) return Array.from(this.#view(frame), (byte) => String.fromCharCode(byte)).join("");
    this.#symbols.memcpy(this.#identityPointer, this.#symbols.zmq_msg_data(this.#pointers[frame]!), SIZES[size]!);
    return this.#texts.text(this.#identity, size);
  }

  /** A copy of the bytes of a frame. */
  bytes(frame: FrameHandle): Uint8Array<ArrayBuffer> {
    return this.#sizes[frame] === 0 ? new Uint8Array() : this.#view(frame).slice();
  }

  /**
   * A property of the message whose frame was received last (`zmq_msg_gets`). Read it before receiving the next frame.
   *
   * @param name Its name as a C string, such as `User-Id`.
   * @returns Its value, or `undefined` if the message has no such property.
   */
  property(name: Uint8Array<ArrayBuffer>): string | undefined {
    return this.#property(this.#last, name);
  }

  /**
   * A property of a message that may have been received earlier.
   *
   * @param frame One of its frames; {@linkcode EMPTY_FRAME} has no properties.
   * @param name Its name as a C string, such as `Peer-Address`.
   * @returns Its value, or `undefined` if the message has no such property.
   */
  propertyOf(frame: FrameHandle, name: Uint8Array<ArrayBuffer>): string | undefined {
    return frame === EMPTY_FRAME ? undefined : this.#property(this.#pointers[frame]!, name);
  }

  /** Releases a frame. {@linkcode EMPTY_FRAME} need not be released. */
  release(frame: FrameHandle): void {
    if (frame === EMPTY_FRAME) return;
    if (this.#sizes[frame]! > KEPT_BYTES) {
      const pointer = this.#pointers[frame]!;
      this.#symbols.zmq_msg_close(pointer);
      this.#symbols.zmq_msg_init(pointer);
    }
    this.#free.push(frame);
  }

  /**
   * Receives the first frame of a message on a ROUTER: the sender's identity. Does not wait.
   *
   * @param socket The ROUTER.
   * @returns The identity, one character per byte, or `undefined` if there is no message. An identity that is longer
   * than {@linkcode MAX_IDENTITY_BYTES} is cut to one byte more than that, and cannot be sent to.
   * @throws {ZmqError} When libzmq fails.
   */
  receiveIdentity(socket: Deno.PointerObject): string | undefined {
    for (let repeats = 0;; repeats++) {
      const size = this.#symbols.zmq_recv(socket, this.#identityPointer, IDENTITY_MEMORY_SIZE, DONTWAIT);
      // libzmq returns the whole size even of an identity for which there was not enough room.
      if (size >= 0) return this.#texts.text(this.#identity, Math.min(size, IDENTITY_MEMORY));
      if (this.#isEmpty(repeats)) return undefined;
    }
  }

  /**
   * Receives one frame, and sets {@linkcode MessagePool.more}. Does not wait.
   *
   * @param socket The socket.
   * @returns The frame, owned by the caller, or {@linkcode NO_FRAME}.
   * @throws {ZmqError} When libzmq fails.
   */
  receiveFrame(socket: Deno.PointerObject): FrameHandle {
    const frame = this.#acquire();
    const pointer = this.#pointers[frame]!;
    let size = this.#symbols.zmq_msg_recv(pointer, socket, DONTWAIT);
    for (let repeats = 0; size < 0; repeats++) {
      if (this.#isEmpty(repeats)) {
        this.#free.push(frame);
        return NO_FRAME;
      }
      size = this.#symbols.zmq_msg_recv(pointer, socket, DONTWAIT);
    }
    this.more = (this.#flags(frame) & MORE_FLAG) !== 0;
    this.#last = pointer;
    if (size === 0) {
      this.#free.push(frame);
      return EMPTY_FRAME;
    }
    this.#sizes[frame] = size;
    return frame;
  }

  /**
   * Sends the first frame of a message through a ROUTER: the receiver's identity. If it was sent, more frames must
   * follow. Does not wait.
   *
   * @param socket A ROUTER with `ZMQ_ROUTER_MANDATORY`.
   * @param identity One character per byte, at most 255.
   * @returns `sent`; `unreachable` if no such peer is connected; `would block` if its pipe is full.
   * @throws {ZmqError} When libzmq fails otherwise.
   */
  sendIdentity(socket: Deno.PointerObject, identity: string): SendOutcome {
    const size = this.#writeIdentity(identity);
    for (let repeats = 0;; repeats++) {
      if (this.#symbols.zmq_send(socket, this.#identityPointer, size, SNDMORE | DONTWAIT) >= 0) return "sent";
      const errno = this.#symbols.zmq_errno();
      if (errno === EHOSTUNREACH) return "unreachable";
      if (errno === EAGAIN) return "would block";
      if (!isCallToRepeat(errno, repeats)) throw lastError(this.#symbols, "Cannot send");
    }
  }

  /**
   * Ends a message of which only the identity was sent, without delivering anything to the peer. A message that has
   * begun cannot be taken back, and libzmq cannot end it without a frame. So this sends a command, which the peer's
   * library drops.
   *
   * @param socket The ROUTER.
   */
  sendNothing(socket: Deno.PointerObject): void {
    const pong = this.#scratch;
    this.#symbols.zmq_msg_init_size(pong, BigInt(PONG.length));
    memoryAt(this.#symbols.zmq_msg_data(pong)!, PONG.length).set(PONG);
    memoryAt(pong, MESSAGE_SIZE)[this.#flagsOffset]! |= COMMAND_FLAG;
    this.#sendMessage(socket, pong, false);
  }

  /** Sends text of one character per byte, at most 255, as one frame. Does not wait. */
  sendText(socket: Deno.PointerObject, text: string, more: boolean): void {
    const size = this.#writeIdentity(text);
    this.#sendBytes(socket, this.#identityPointer, size, more);
  }

  /** Sends a frame and keeps it. The content is shared, not copied. Does not wait. */
  sendShared(socket: Deno.PointerObject, frame: FrameHandle, more: boolean): void {
    if (frame === EMPTY_FRAME) return this.#sendEmpty(socket, more);
    if (this.#isCommand(frame)) return this.#sendCopy(socket, frame, more);
    this.#symbols.zmq_msg_copy(this.#scratch, this.#pointers[frame]!);
    this.#sendMessage(socket, this.#scratch, more);
  }

  /** Sends a frame and releases it. Does not wait. */
  sendOwned(socket: Deno.PointerObject, frame: FrameHandle, more: boolean): void {
    if (frame === EMPTY_FRAME) return this.#sendEmpty(socket, more);
    if (this.#isCommand(frame)) {
      this.#sendCopy(socket, frame, more);
      return this.release(frame);
    }
    this.#sendMessage(socket, this.#pointers[frame]!, more);
    this.#free.push(frame);
  }

  #isCommand(frame: FrameHandle): boolean {
    return (this.#flags(frame) & COMMAND_FLAG) !== 0;
  }

  #flags(frame: FrameHandle): number {
    return this.#chunks[frame >> CHUNK_BITS]![(frame & CHUNK_FRAMES - 1) * MESSAGE_SIZE + this.#flagsOffset]!;
  }

  /** Finds the offset of the flags with `zmq_msg_more`, which reads them, because libzmq's header does not give it. */
  #findFlags(frame: FrameHandle): number {
    const memory = memoryAt(this.#pointers[frame]!, MESSAGE_SIZE);
    return memory.findIndex((_, index) => {
      memory[index]! ^= MORE_FLAG;
      const isMore = this.#symbols.zmq_msg_more(this.#pointers[frame]!) !== 0;
      memory[index]! ^= MORE_FLAG;
      return isMore;
    });
  }

  /** Sends a frame's content as a new message, without the flags that the frame was received with. */
  #sendCopy(socket: Deno.PointerObject, frame: FrameHandle, more: boolean): void {
    const data = this.#symbols.zmq_msg_data(this.#pointers[frame]!);
    const size = BigInt(this.#sizes[frame]!);
    this.#sendBytes(socket, data, size, more);
  }

  #property(message: Deno.PointerObject, name: Uint8Array<ArrayBuffer>): string | undefined {
    const value = this.#symbols.zmq_msg_gets(message, name);
    return value === null ? undefined : new Deno.UnsafePointerView(value).getCString();
  }

  #sendEmpty(socket: Deno.PointerObject, more: boolean): void {
    this.#sendBytes(socket, this.#identityPointer, 0n, more);
  }

  #sendMessage(socket: Deno.PointerObject, message: Deno.PointerObject, more: boolean): void {
    for (let repeats = 0; this.#symbols.zmq_msg_send(message, socket, flags(more)) < 0; repeats++) {
      this.#expectRepeat(repeats);
    }
  }

  #sendBytes(socket: Deno.PointerObject, bytes: Deno.PointerValue, size: bigint, more: boolean): void {
    for (let repeats = 0; this.#symbols.zmq_send(socket, bytes, size, flags(more)) < 0; repeats++) {
      this.#expectRepeat(repeats);
    }
  }

  #acquire(): FrameHandle {
    if (this.#free.length === 0) this.#grow();
    return this.#free.pop()!;
  }

  #grow(): void {
    const chunk = new Uint8Array(CHUNK_FRAMES * MESSAGE_SIZE);
    const start = pointerTo(chunk);
    const first = this.#pointers.length;
    for (let i = 0; i < CHUNK_FRAMES; i++) {
      const pointer = Deno.UnsafePointer.offset(start, i * MESSAGE_SIZE)!;
      this.#symbols.zmq_msg_init(pointer);
      this.#pointers.push(pointer);
      this.#sizes.push(0);
    }
    for (let i = CHUNK_FRAMES - 1; i >= 0; i--) this.#free.push(first + i);
    this.#chunks.push(chunk);
  }

  /** The bytes of a nonempty frame, in libzmq's memory. */
  #view(frame: FrameHandle): Uint8Array<ArrayBuffer> {
    return memoryAt(this.#symbols.zmq_msg_data(this.#pointers[frame]!)!, this.#sizes[frame]!);
  }

  #writeIdentity(identity: string): bigint {
    const size = identity.length;
    if (size > MAX_IDENTITY_BYTES) {
      throw new RangeError(`Cannot send an identity of ${size} bytes: it has at most ${MAX_IDENTITY_BYTES}`);
    }
    for (let i = 0; i < size; i++) this.#identity[i] = identity.charCodeAt(i);
    return SIZES[size]!;
  }

  /**
   * Checks that a further frame that was not sent must be sent again. Anything else is an error, since the peer has
   * room for the whole message.
   */
  #expectRepeat(repeats: number): void {
    const isToRepeat = isCallToRepeat(this.#symbols.zmq_errno(), repeats);
    if (!isToRepeat) throw lastError(this.#symbols, "Cannot send a further frame");
  }

  /** Whether nothing was received because there is no message. Otherwise the call must be repeated. */
  #isEmpty(repeats: number): boolean {
    const errno = this.#symbols.zmq_errno();
    if (errno === EAGAIN) return true;
    if (isCallToRepeat(errno, repeats)) return false;
    throw lastError(this.#symbols, "Cannot receive");
  }
}

/** Sizes as bigints, so that sending an identity allocates nothing. */
const SIZES = Array.from({ length: IDENTITY_MEMORY + 1 }, (_, size) => BigInt(size));
const IDENTITY_MEMORY_SIZE = SIZES[IDENTITY_MEMORY]!;

/** A view of memory outside V8. */
function memoryAt(pointer: Deno.PointerObject, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, size));
}

function flags(more: boolean): number {
  return more ? SNDMORE | DONTWAIT : DONTWAIT;
}

function pointerTo(memory: Uint8Array<ArrayBuffer>): Deno.PointerObject {
  return Deno.UnsafePointer.of(memory)!;
}
