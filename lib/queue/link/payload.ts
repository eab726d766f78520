/**
 * Splits messages between queues into NATS payloads, and reassembles them.
 *
 * A message is one small JSON text and any number of frames: first the JSON's length and bytes, then those of each frame.
 * Lengths are 32 bits, big-endian. A payload holds a part of that, after a header of 20 bytes:
 *
 * ```text
 * byte  0      1: the version
 *       1      1 if more parts follow, else 0
 *       2-3    0
 *       4-11   the sender, a random number
 *       12-15  the message's number at its sender
 *       16-19  the part's number, from 0
 * ```
 *
 * @module
 */

/** Bytes before a part. */
export const HEADER_BYTES = 20;
const VERSION = 1;
/** The longest JSON that is accepted. */
const MAX_JSON_BYTES = 64 * 1024;
/** The most frames that are accepted. An empty frame takes four bytes in a message, but many times as much once it is read. */
export const MAX_FRAMES = 10_000;
/** The most senders whose unfinished message is kept. */
const MAX_UNFINISHED = 64;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** A message as it is sent and received. */
export interface Packet {
  /** The JSON. */
  readonly json: string;
  /** The frames. */
  readonly frames: readonly Uint8Array<ArrayBuffer>[];
}

/** A {@linkcode Packet} and its sender. */
export interface ReceivedPacket extends Packet {
  /** The sender, 16 hexadecimal digits. */
  readonly sender: string;
}

/** Writes packets. */
export class PacketWriter {
  readonly #sender: bigint;
  #number = 0;

  /** @param sender The sender, 16 hexadecimal digits. */
  constructor(sender: string) {
    this.#sender = BigInt(`0x${sender}`);
  }

  /**
   * Writes a packet.
   *
   * @param packet The packet.
   * @param maxPayload The largest payload that may be sent, in bytes.
   * @returns The payloads, in the order in which to send them; none if `maxPayload` leaves no room for content.
   */
  write({ json, frames }: Packet, maxPayload: number): Uint8Array<ArrayBuffer>[] {
    const room = maxPayload - HEADER_BYTES;
    if (room <= 0) return [];
    const pieces = [ENCODER.encode(json), ...frames];
    let size = 0;
    for (const { length } of pieces) size += 4 + length;
    const whole = new Uint8Array(size);
    const view = new DataView(whole.buffer);
    let offset = 0;
    for (const piece of pieces) {
      view.setUint32(offset, piece.length);
      whole.set(piece, offset + 4);
      offset += 4 + piece.length;
    }
    const number = this.#number++ >>> 0;
    const payloads: Uint8Array<ArrayBuffer>[] = [];
    for (let start = 0; start < size; start += room) {
      const part = whole.subarray(start, start + room);
      const payload = new Uint8Array(HEADER_BYTES + part.length);
      const header = new DataView(payload.buffer);
      header.setUint8(0, VERSION);
      header.setUint8(1, start + room < size ? 1 : 0);
      header.setBigUint64(4, this.#sender);
      header.setUint32(12, number);
      header.setUint32(16, payloads.length);
      payload.set(part, HEADER_BYTES);
      payloads.push(payload);
    }
    return payloads;
  }
}

/** A message of which some parts have not arrived. */
interface Unfinished {
  readonly number: number;
  /** The number of the next part. */
  next: number;
  /** The parts so far, with room for at most as much again. */
  whole: Uint8Array<ArrayBuffer>;
  bytes: number;
}

/**
 * Reads packets, and reassembles those in several parts. For each sender it keeps only the latest unfinished packet: a
 * sender does not mix the parts of its packets.
 */
export class PacketReader {
  readonly #maxBytes: number;
  /** Unfinished packets by sender, least recently continued first. */
  readonly #unfinished = new Map<string, Unfinished>();
  #unfinishedBytes = 0;
  /**
   * How many payloads were dropped: not written by a {@linkcode PacketWriter}, part of too large a packet, too many frames,
   * or parts missing.
   */
  dropped = 0;

  /** @param maxBytes The most bytes of unfinished packets, and so the largest packet that may arrive in parts. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The bytes of unfinished packets. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /**
   * Reads a payload.
   *
   * @param payload The payload. The packet's frames may share its memory.
   * @returns The packet, if this completes it.
   */
  read(payload: Uint8Array<ArrayBuffer>): ReceivedPacket | undefined {
    const received = this.#read(payload);
    if (received === "malformed") this.dropped++;
    return typeof received === "string" ? undefined : received;
  }

  #read(payload: Uint8Array<ArrayBuffer>): ReceivedPacket | "malformed" | "incomplete" {
    if (payload.length <= HEADER_BYTES) return "malformed";
    const header = new DataView(payload.buffer, payload.byteOffset, HEADER_BYTES);
    const more = header.getUint8(1);
    if (header.getUint8(0) !== VERSION || more > 1 || header.getUint16(2) !== 0) return "malformed";
    const sender = header.getBigUint64(4).toString(16).padStart(16, "0");
    const number = header.getUint32(12);
    const index = header.getUint32(16);
    const part = payload.subarray(HEADER_BYTES);
    if (more === 0 && index === 0) return this.#finish(sender, part);
    const unfinished = index === 0 ? this.#begin(sender, number) : this.#unfinished.get(sender);
    if (unfinished === undefined || unfinished.number !== number || unfinished.next !== index) {
      this.#forget(sender);
      return "malformed";
    }
    // Moves to the end of the map: if room is needed, the packet that has not been continued for longest is dropped first.
    this.#unfinished.delete(sender);
    this.#unfinished.set(sender, unfinished);
    while (this.#unfinishedBytes + part.length > this.#maxBytes) {
      const oldest = this.#unfinished.keys().next().value!;
      this.#forget(oldest);
      if (oldest === sender) return "malformed";
    }
    append(unfinished, part);
    this.#unfinishedBytes += part.length;
    return more === 1 ? "incomplete" : this.#finish(sender, unfinished.whole.subarray(0, unfinished.bytes));
  }

  #begin(sender: string, number: number): Unfinished {
    this.#forget(sender);
    if (this.#unfinished.size >= MAX_UNFINISHED) this.#forget(this.#unfinished.keys().next().value!);
    const unfinished: Unfinished = { number, next: 0, whole: new Uint8Array(), bytes: 0 };
    this.#unfinished.set(sender, unfinished);
    return unfinished;
  }

  #forget(sender: string): void {
    const unfinished = this.#unfinished.get(sender);
    if (unfinished === undefined) return;
    this.#unfinishedBytes -= unfinished.bytes;
    this.#unfinished.delete(sender);
  }

  #finish(sender: string, whole: Uint8Array<ArrayBuffer>): ReceivedPacket | "malformed" {
    this.#forget(sender);
    const pieces = piecesOf(whole);
    const [json, ...frames] = pieces ?? [];
    if (json === undefined || json.length > MAX_JSON_BYTES) return "malformed";
    return { sender, json: DECODER.decode(json), frames };
  }
}

/**
 * Appends a part by copying it: kept as they arrived, short parts would take many times their length. The first is not
 * copied.
 */
function append(unfinished: Unfinished, part: Uint8Array<ArrayBuffer>): void {
  const { whole, bytes } = unfinished;
  unfinished.next++;
  if (bytes === 0) {
    unfinished.whole = part;
    unfinished.bytes = part.length;
    return;
  }
  if (bytes + part.length > whole.length) {
    unfinished.whole = new Uint8Array(Math.max(bytes + part.length, 2 * bytes));
    unfinished.whole.set(whole.subarray(0, bytes));
  }
  unfinished.whole.set(part, bytes);
  unfinished.bytes += part.length;
}

/** Splits a message into its pieces; `undefined` if its lengths do not fit, or it has too many frames. */
function piecesOf(whole: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] | undefined {
  const view = new DataView(whole.buffer, whole.byteOffset, whole.length);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  while (offset < whole.length) {
    if (offset + 4 > whole.length) return undefined;
    const end = offset + 4 + view.getUint32(offset);
    if (end > whole.length || pieces.length > MAX_FRAMES) return undefined;
    pieces.push(whole.subarray(offset + 4, end));
    offset = end;
  }
  return pieces;
}
