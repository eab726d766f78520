/**
 * Random peers that speak ZMTP badly: what they send, in which pieces, and how long they stay. libzmq itself would send
 * hardly any of it.
 *
 * @module
 */

import { delay } from "../../lib/delay.ts";
import { concatenate } from "../../lib/lru.ts";
import { dial } from "./dial.ts";
import { type FrameLike, toBytes } from "./peers.ts";
import { encodeFrame, FLAG_COMMAND, FLAG_LONG, FLAG_MORE, property } from "./raw_peer.ts";

/** A peer's behaviour on one connection. */
export interface RawScript {
  /** What it sends, piece by piece. */
  readonly pieces: readonly RawPiece[];
  /** Whether it reads what it receives. */
  readonly reads: boolean;
  /** How long it stays connected after that, in milliseconds. */
  readonly stayMs: number;
}

/** Bytes to send, and the pause after them. */
export interface RawPiece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pauseMs: number;
}

/** Which messages a peer may send, and under which identities. */
export interface RawOptions {
  /** The side of the queue that it connects to. */
  readonly side: "frontend" | "backend";
  /** Identities of honest peers on that side, which it may take over. */
  readonly identities: readonly string[];
}

/** The longest pause, and the longest stay, in milliseconds. */
const MOST_PAUSE_MS = 20;
const MOST_STAY_MS = 300;
const LARGE_BYTES = 70_000;

/** Makes random peers. */
export class RawScripts {
  readonly #random: () => number;

  /** @param random Gives random numbers from 0 up to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * Makes the script of one peer.
   *
   * @param options The side to connect to, and the identities to use.
   */
  next(options: RawOptions): RawScript {
    const version = this.#choose([1, 2, 3.0, 3.1, 3.1, 3.1]);
    const parts = [
      ...this.#handshake(version, options),
      ...this.#times(12, () => this.#message(version, options.side)),
    ];
    const bytes = concatenate(this.#chance(0.3) ? [...parts, this.#halfFrame()] : parts);
    return {
      pieces: this.#cut(this.#chance(0.15) ? bytes.slice(0, this.#below(bytes.length)) : bytes),
      reads: this.#chance(0.7),
      stayMs: this.#below(MOST_STAY_MS),
    };
  }

  /** The greeting, and what follows until messages may be sent. */
  #handshake(version: number, options: RawOptions): Uint8Array<ArrayBuffer>[] {
    if (this.#chance(0.05)) return [this.#bytes(this.#below(300))];
    const identity = this.#identity(options);
    // ZMTP 1.0 begins with the identity as a frame, whose length counts the flags.
    if (version === 1) return [frameOfZmtp1(identity, 0)];
    const socketType = this.#choose([5, 3, 6, 4, this.#below(256)]);
    // The signature, the revision and the socket type, and then the identity as a frame.
    if (version === 2) {
      return [
        Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, socketType),
        encodeFrame(identity, this.#rarelyOdd(0)),
      ];
    }
    const handshake = [this.#greeting(version), this.#readyCommand(identity)];
    if (this.#chance(0.05)) handshake.push(this.#readyCommand(identity));
    if (this.#chance(0.05)) handshake.splice(1, 0, this.#command());
    return handshake;
  }

  #greeting(version: number): Uint8Array<ArrayBuffer> {
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, this.#below(2), 0x7f, 3, version === 3.1 ? 1 : 0]);
    greeting.set(toBytes(this.#chance(0.9) ? "NULL" : this.#choose(["PLAIN", "CURVE", "GSSAPI", "null", ""])), 12);
    if (this.#chance(0.05)) greeting[this.#below(64)] = this.#below(256);
    return greeting;
  }

  #readyCommand(identity: string): Uint8Array<ArrayBuffer> {
    const type = this.#chance(0.9)
      ? this.#choose(["REQ", "DEALER", "ROUTER"])
      : this.#choose(["REP", "PUB", "SUB", "?", ""]);
    const properties = [property("Socket-Type", type), property("Identity", identity)];
    if (this.#chance(0.1)) properties.push(property("X-More", "x".repeat(this.#below(3000))));
    if (this.#chance(0.1)) properties.splice(this.#below(3), 1);
    let body = `\x05READY${properties.join("")}`;
    if (this.#chance(0.05)) body = body.slice(0, this.#below(body.length));
    if (this.#chance(0.03)) body += "\0".repeat(LARGE_BYTES);
    return encodeFrame(body, this.#rarelyOdd(FLAG_COMMAND));
  }

  /**
   * Up to 300 bytes, although only 255 are allowed. Never a zero byte followed by four others: libzmq takes such an
   * identity for one of its own, and when it later assigns the same to another peer, its assertion ends the queue.
   * Access control must keep such peers out.
   */
  #identity({ identities }: RawOptions): string {
    if (identities.length > 0 && this.#chance(0.05)) return this.#choose(identities);
    const size = this.#choose([0, 0, 0, 1, 4, 6, 16, 254, 255, 256, 300, this.#below(301)]);
    const text = String.fromCharCode(...this.#bytes(size));
    return size === 5 ? `x${text.slice(1)}` : text;
  }

  /** A message of either side: well-formed, odd, or with a command anywhere. */
  #message(version: number, side: RawOptions["side"]): Uint8Array<ArrayBuffer> {
    const frames = this.#chance(0.5) ? [...this.#usualMessage(side)] : this.#times(8, () => this.#content());
    if (this.#chance(0.02)) frames.push(...new Array<string>(this.#below(500)).fill(""));
    if (frames.length === 0) frames.push("");
    const last = frames.length - 1;
    const flags = frames.map((_, index) => this.#rarelyOdd(index < last ? FLAG_MORE : 0));
    if (this.#chance(0.3)) {
      const index = this.#below(frames.length);
      frames[index] = this.#choose(COMMANDS);
      flags[index] = flags[index]! | FLAG_COMMAND;
    }
    return concatenate(
      frames.map((content, index) =>
        version === 1
          ? frameOfZmtp1(content, flags[index]! & FLAG_MORE)
          : encodeFrame(content, flags[index]!, this.#chance(0.05))
      ),
    );
  }

  #usualMessage(side: RawOptions["side"]): readonly string[] {
    if (side === "frontend") {
      return this.#choose([["", "request"], ["", "a", "b"], ["hop", "", "request"], ["", "READY"]]);
    }
    return this.#choose([["", "\x01"], ["", "READY"], ["", "client", "", "reply"], ["", "", "\x01"], ["", "request"]]);
  }

  #command(): Uint8Array<ArrayBuffer> {
    return encodeFrame(this.#choose(COMMANDS), this.#rarelyOdd(FLAG_COMMAND));
  }

  #content(): string {
    if (this.#chance(0.2)) return this.#choose(COMMANDS);
    if (this.#chance(0.2)) return String.fromCharCode(...this.#bytes(this.#below(40)));
    if (this.#chance(0.05)) return "y".repeat(LARGE_BYTES);
    return this.#choose(["", "", "\x01", "READY", "x", "\0".repeat(255), "\0".repeat(256), "\0".repeat(8192)]);
  }

  /** A frame that ends before its length, or has a length that no frame may have. */
  #halfFrame(): Uint8Array<ArrayBuffer> {
    return this.#choose([
      Uint8Array.of(FLAG_MORE, 200, 1, 2, 3),
      Uint8Array.of(0, 9, 1),
      Uint8Array.of(FLAG_LONG | FLAG_MORE, 0, 0, 0),
      Uint8Array.of(FLAG_LONG, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2),
      Uint8Array.of(FLAG_LONG, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 2),
      concatenate([Uint8Array.of(FLAG_LONG | FLAG_COMMAND, 0, 0, 0, 0, 0, 1, 0x11, 0x70), toBytes("\x09SUBSCRIBE")]),
    ]);
  }

  /** Whole, in a few pieces, or byte by byte at the beginning. */
  #cut(bytes: Uint8Array<ArrayBuffer>): RawPiece[] {
    if (this.#chance(0.5)) return [{ bytes, pauseMs: 0 }];
    const cuts = this.#chance(0.3)
      ? Array.from({ length: Math.min(80, bytes.length) }, (_, index) => index)
      : this.#times(5, () => this.#below(bytes.length + 1)).sort((one, other) => one - other);
    return [0, ...cuts].map((start, index) => ({
      bytes: bytes.slice(start, cuts[index] ?? bytes.length),
      pauseMs: cuts.length > 10 ? 0 : this.#below(MOST_PAUSE_MS),
    }));
  }

  /** The given flags, or rarely random ones. */
  #rarelyOdd(flags: number): number {
    return this.#chance(0.03) ? this.#below(256) : flags;
  }

  #times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#below(most + 1) }, make);
  }

  #bytes(size: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: size }, () => this.#below(256));
  }

  #choose<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }

  /** An integer from 0 up to, but not including, a limit. */
  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Commands of ZMTP 3: complete, cut short, with extra bytes, and too large. */
const COMMANDS: readonly string[] = [
  "\x09SUBSCRIBE",
  "\x09SUBSCRIBEtopic",
  `\x09SUBSCRIBE${"s".repeat(LARGE_BYTES)}`,
  "\x06CANCEL",
  "\x06CANCELtopic",
  "\x04PING\0\x01",
  `\x04PING\0\x01${"c".repeat(100)}`,
  "\x04PING",
  "\x04PONG",
  `\x04PONG${"c".repeat(LARGE_BYTES)}`,
  "\x04JOINgroup",
  "\x05LEAVEgroup",
  "\x05ERROR\x03why",
  "\x05ERROR",
  "\x05READY",
  "\x05HELLO",
  "\xffX",
  "\x01",
  "",
];

/** A frame of ZMTP 1.0: its length counts the flags. */
function frameOfZmtp1(content: FrameLike, flags: number): Uint8Array<ArrayBuffer> {
  const bytes = toBytes(content);
  const size = bytes.length + 1;
  if (size < 255) return concatenate([Uint8Array.of(size, flags), bytes]);
  const header = new DataView(new ArrayBuffer(10));
  header.setUint8(0, 0xff);
  header.setBigUint64(1, BigInt(size));
  header.setUint8(9, flags);
  return concatenate([new Uint8Array(header.buffer), bytes]);
}

/** How long a peer tries to send to a queue that does not read, in milliseconds. */
const SEND_WITHIN_MS = 2000;

/**
 * Plays a script. It is not an error if the queue closes the connection.
 *
 * @param endpoint The queue's.
 * @param script What to do.
 */
export async function playRawScript(endpoint: string, script: RawScript): Promise<void> {
  const connection = await dial(endpoint).catch(expectClosed);
  // A queue whose listen backlog is full may refuse the connection.
  if (connection === undefined) return;
  let isClosed = false;
  const close = () => {
    if (!isClosed) connection.close();
    isClosed = true;
  };
  const reading = script.reads ? readAll(connection) : Promise.resolve();
  const timer = setTimeout(close, SEND_WITHIN_MS);
  try {
    for (const { bytes, pauseMs } of script.pieces) {
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
      await delay(pauseMs);
    }
    await delay(script.stayMs);
  } catch (error) {
    expectClosed(error);
  } finally {
    clearTimeout(timer);
    close();
    await reading;
  }
}

async function readAll(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    expectClosed(error);
  }
}

/** Either side has closed the connection. */
function expectClosed(error: unknown): void {
  const { ConnectionReset, BrokenPipe, BadResource, Interrupted, NotConnected } = Deno.errors;
  if (![ConnectionReset, BrokenPipe, BadResource, Interrupted, NotConnected].some((kind) => error instanceof kind)) {
    throw error;
  }
}
