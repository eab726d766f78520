/**
 * The relay's end of the link to other queues: the link's decisions, and two sockets to the main thread, which has the NATS
 * client. There is one socket for each direction, since a PAIR that two threads use both ways loses wake-ups.
 *
 * ```text
 * to the main thread     [queue, message as JSON, ...frames]
 * to the relay           [what happened as JSON, ...frames]
 * ```
 *
 * @module
 */

import type { Broker } from "../broker/broker.ts";
import type { LinkSnapshot } from "../link/counters.ts";
import { Link, type LinkReport } from "../link/link.ts";
import type { LinkMessage } from "../link/messages.ts";
import { IntOption, SocketType } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import { EMPTY_FRAME, type FrameHandle, type MessagePool, NO_FRAME } from "../../zmq/message_pool.ts";
import type { Library } from "../../zmq/library.ts";
import { BlockingPoll } from "../../zmq/poll.ts";
import type { Socket } from "../../zmq/socket.ts";
import { SharedBytes } from "./shared_bytes.ts";

/** How many messages each direction holds at its sender, and as many again at its receiver. */
export const PIPE_MESSAGES = 512;
/**
 * How many bytes may wait for the main thread before no more requests or replies are sent; a single one may exceed it. The
 * queue's own `want` messages wait behind these bytes, and if they take three seconds, other queues consider this one gone.
 */
const PIPE_BYTES = 4 * 1024 ** 2;
/** How many messages are read before the queue's own clients and workers have their turn. */
const MESSAGES_A_TURN = 256;
/** How long closing waits until the main thread has read the last replies and closed its sockets, in milliseconds. */
const CLOSE_MS = 1000;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** What the main thread tells the relay. */
export type LinkEvent =
  /** A message of another queue. */
  | { readonly event: "message"; readonly sender: string; readonly message: LinkMessage }
  /** The link is connected to a server. */
  | { readonly event: "connected"; readonly server: string }
  /** The link has lost its connection. */
  | { readonly event: "disconnected" }
  /** Nobody received an attempt. */
  | { readonly event: "nobody"; readonly attempt: number }
  /** A message arrived that is not a queue's. */
  | { readonly event: "malformed" }
  /** A queue that was sent a message is not there. */
  | { readonly event: "absent"; readonly queue: string }
  /** The main thread is about to close its sockets. */
  | { readonly event: "closed" };

/** Where the main thread connects. */
export interface LinkEndpoints {
  /** Where the relay sends. */
  readonly fromRelay: string;
  /** Where the relay receives. */
  readonly toRelay: string;
  /**
   * The memory of a {@linkcode SharedBytes}: the bytes of frames that the relay has sent and the main thread has not
   * received.
   */
  readonly held: SharedArrayBuffer;
}

/** What a {@linkcode LinkPipe} needs. */
export interface LinkPipeParts {
  /** libzmq. */
  readonly library: Library;
  /** The context for its sockets. */
  readonly context: Context;
  /** The relay's messages. */
  readonly pool: MessagePool;
  /** The relay's broker, which this links to other queues. */
  readonly broker: Broker<FrameHandle>;
  /** The queue's name for itself. */
  readonly id: string;
  /** The address to which its clients connect. */
  readonly address: string;
  /** The frames of the message that the relay is reading: replies are taken out of it. */
  readonly frames: FrameHandle[];
  /** Receives reports. */
  readonly onReport: (report: LinkReport) => void;
}

/** See the module. */
export class LinkPipe implements Disposable {
  /** Where the main thread connects. */
  readonly endpoints: LinkEndpoints;
  readonly #pool: MessagePool;
  readonly #frames: FrameHandle[];
  readonly #sender: Socket;
  readonly #receiver: Socket;
  readonly #link: Link<FrameHandle>;
  readonly #library: Library;
  readonly #held = new SharedBytes();
  #isUnsettled = true;
  #isAttached = false;
  #isClosed = false;

  /** @param parts What it needs. */
  constructor({ library, context, pool, broker, id, address, frames, onReport }: LinkPipeParts) {
    this.#library = library;
    this.#pool = pool;
    this.#frames = frames;
    using opened = new DisposableStack();
    this.#sender = opened.use(context.socket(SocketType.PAIR, 0));
    this.#sender.setInt(IntOption.SNDHWM, PIPE_MESSAGES);
    this.#receiver = opened.use(context.socket(SocketType.PAIR, 0));
    this.#receiver.setInt(IntOption.RCVHWM, PIPE_MESSAGES);
    this.endpoints = {
      fromRelay: this.#sender.bind(`inproc://link-${crypto.randomUUID()}`),
      toRelay: this.#receiver.bind(`inproc://link-${crypto.randomUUID()}`),
      held: this.#held.memory,
    };
    this.#link = new Link({
      id,
      address,
      reader: pool,
      broker,
      output: {
        send: (to, message, frames, start) => this.#send(to, message, frames, start),
        keep: (frames, start) => this.#keep(frames, start),
        release: (frames) => {
          for (const frame of frames) pool.release(frame);
        },
        report: onReport,
      },
    });
    broker.linkTo(this.#link);
    opened.move();
  }

  /** `ZMQ_FD` of the socket to be read. */
  get fd(): number {
    return this.#receiver.fd;
  }

  /** A snapshot of the link. */
  get snapshot(): LinkSnapshot {
    return this.#link.snapshot;
  }

  /** Whether results of other queues' requests wait to be sent. */
  get hasUnsent(): boolean {
    return this.#link.hasUnsent;
  }

  /** Whether the main thread may have sent something since the socket was found empty, so that waiting could miss it. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** The main thread may have sent something: the descriptor is readable. */
  unsettle(): void {
    this.#isUnsettled = true;
  }

  /** Reads what the main thread has sent, until nothing is left or it is the turn of others. */
  read(now: number): void {
    const socket = this.#receiver.pointer;
    const frames = this.#frames;
    for (let count = 0; count < MESSAGES_A_TURN; count++) {
      const head = this.#pool.receiveFrame(socket);
      if (head === NO_FRAME) {
        this.#isUnsettled = false;
        return;
      }
      frames.push(head);
      while (this.#pool.more) frames.push(this.#pool.receiveFrame(socket));
      const event = JSON.parse(DECODER.decode(this.#pool.bytes(head))) as LinkEvent;
      if (this.#obey(event, now)) frames.length = 1;
      for (const frame of frames) this.#pool.release(frame);
      frames.length = 0;
    }
  }

  /** Handles everything that is due; returns the milliseconds to the next deadline. */
  tick(now: number): number {
    return this.#link.tick(now);
  }

  /** The main thread has opened its end, and will close it. */
  attached(): void {
    this.#isAttached = true;
  }

  /** Tells other queues that this one is leaving. */
  leave(): void {
    this.#link.leave();
  }

  /**
   * Closes the sockets after the main thread has closed its own: if the context ended while the main thread used them,
   * unread messages would be lost, and every call on them would fail.
   */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const poll = new BlockingPoll(this.#library, [this.#receiver.fd]);
    const untilMs = performance.now() + CLOSE_MS;
    this.#isUnsettled = true;
    for (let now = performance.now(); this.#isUnsettled || this.#isAttached && now < untilMs; now = performance.now()) {
      if (!this.#isUnsettled) poll.wait(Math.ceil(untilMs - now));
      this.read(now);
    }
    this.#sender.close();
    this.#receiver.close();
  }

  /** Handles an event; returns whether the broker now owns the frames after the first. */
  #obey(event: LinkEvent, now: number): boolean {
    if (event.event === "closed") this.#isAttached = false;
    if (this.#isClosed) return false;
    switch (event.event) {
      case "message":
        return this.#link.receive(event.sender, event.message, this.#frames, 1, now);
      case "connected":
        this.#link.connected(event.server, now);
        return false;
      case "disconnected":
        this.#link.disconnected();
        return false;
      case "nobody":
        this.#link.nobodyThere(event.attempt, now);
        return false;
      case "malformed":
        this.#link.counters.malformedLinkMessages++;
        return false;
      case "absent":
        this.#link.absent(event.queue, now);
        return false;
      case "closed":
        return false;
    }
  }

  #send(to: string, message: LinkMessage, frames: readonly FrameHandle[], start: number): boolean {
    const json = JSON.stringify(message);
    if (start >= frames.length) return this.#sender.send([ENCODER.encode(to), ENCODER.encode(json)]);
    if (this.#held.bytes >= PIPE_BYTES) return false;
    const socket = this.#sender.pointer;
    if (this.#pool.sendIdentity(socket, to) !== "sent") return false;
    this.#pool.sendText(socket, json, true);
    const last = frames.length - 1;
    let bytes = 0;
    for (let index = start; index <= last; index++) {
      this.#pool.sendShared(socket, frames[index]!, index < last);
      bytes += this.#pool.size(frames[index]!);
    }
    this.#held.add(bytes);
    return true;
  }

  #keep(frames: readonly FrameHandle[], start: number): readonly FrameHandle[] {
    const kept = frames.slice(start);
    for (let index = start; index < frames.length; index++) this.#frames[index] = EMPTY_FRAME;
    return kept;
  }
}
