/**
 * Answers libzmq's questions who may come in (ZAP), on the relay's thread.
 *
 * @module
 */

import { formatZapReply, parseZapRequest, ZAP_DOMAINS, ZAP_ENDPOINT, type ZapVerdict } from "../../access/zap.ts";
import { PEER_ROLES } from "../../access/permitted_keys.ts";
import { SocketType } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import { encodeKey } from "../../zmq/curve.ts";
import type { Library } from "../../zmq/library.ts";
import type { Socket } from "../../zmq/socket.ts";
import type { Applicant } from "./admission.ts";

/**
 * Under CURVE libzmq takes the identity from the reply, unless the reply comes before it has read the peer's own: replied at
 * once, the peer's won in a quarter of the cases; held for 1 ms in none of 4,800.
 */
const HOLD_MS = 2;

/** Says what becomes of a peer. */
export type Decide = (applicant: Applicant, now: number) => ZapVerdict;

/** A reply that is held back. */
interface HeldReply {
  readonly dueAtMs: number;
  readonly frames: Uint8Array<ArrayBuffer>[];
}

/** The ZAP handler of a context. */
export class ZapHandler implements Disposable {
  readonly #library: Library;
  readonly #socket: Socket;
  readonly #decide: Decide;
  /** In the order in which they are due. */
  readonly #held: HeldReply[] = [];

  /**
   * Begins to answer for all sockets of a context that have one of {@linkcode ZAP_DOMAINS}; make it before they are bound.
   *
   * @param library libzmq.
   * @param context The context.
   * @param decide Says what becomes of a peer.
   * @throws {ZmqError} When the context has a handler already.
   */
  constructor(library: Library, context: Context, decide: Decide) {
    this.#library = library;
    this.#decide = decide;
    using opened = new DisposableStack();
    this.#socket = opened.use(context.socket(SocketType.ROUTER, 0));
    this.#socket.bind(ZAP_ENDPOINT, "ZAP handler");
    opened.move();
  }

  /** `ZMQ_FD` of its socket. */
  get fd(): number {
    return this.#socket.fd;
  }

  /**
   * Answers what was asked.
   *
   * @param now The time, in milliseconds.
   */
  readRequests(now: number): void {
    for (let frames = this.#socket.receive(); frames !== undefined; frames = this.#socket.receive()) {
      const request = parseZapRequest(frames);
      const role = PEER_ROLES.find((role) => ZAP_DOMAINS[role] === request?.domain);
      // Nobody but libzmq connects to the handler: a peer cannot reach it, and has nothing to say in it.
      if (request === undefined || role === undefined) continue;
      const { address, key } = request;
      const publicKey = key === undefined ? undefined : encodeKey(this.#library, key);
      const reply = formatZapReply(request, this.#decide({ role, address, publicKey }, now));
      if (publicKey === undefined) this.#socket.send(reply);
      else this.#held.push({ dueAtMs: now + HOLD_MS, frames: reply });
    }
  }

  /**
   * Sends the replies that were held back for long enough.
   *
   * @param now The time.
   * @returns Milliseconds to the next one, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    if (this.#held.length > 0 && this.#held[0]!.dueAtMs <= now) {
      while (this.#held.length > 0 && this.#held[0]!.dueAtMs <= now) this.#socket.send(this.#held.shift()!.frames);
      // To send may use up the notification that a request has come (ZMQ_FD is edge-triggered).
      this.readRequests(now);
    }
    return this.#held.length === 0 ? -1 : Math.ceil(this.#held[0]!.dueAtMs - now);
  }

  /** Ends it; handshakes that wait for an answer fail. */
  close(): void {
    this.#socket.close();
  }

  /** As {@linkcode ZapHandler.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}
