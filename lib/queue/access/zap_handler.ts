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
import { IoEcho } from "./io_echo.ts";

/** Says what becomes of a peer. */
export type Decide = (applicant: Applicant, now: number) => ZapVerdict;

/** The frames of a reply. */
type Reply = Uint8Array<ArrayBuffer>[];

/**
 * The ZAP handler of a context.
 *
 * Under CURVE libzmq takes a peer's identity from the reply, unless the reply is there before it has read the one that the peer
 * itself would like to have: replied at once, the peer's won in a quarter of the cases. The I/O thread asks, and reads it in the
 * same go. So these replies are held until an echo shows that each I/O thread has finished that.
 */
export class ZapHandler implements Disposable {
  readonly #library: Library;
  readonly #socket: Socket;
  readonly #decide: Decide;
  /** `undefined` where peers have no keys. */
  readonly #echo: IoEcho | undefined;
  /** Replies that wait for the echo under way. */
  #held: Reply[] = [];
  /** Replies that came after it was sent, and wait for the next one. */
  #next: Reply[] = [];

  /**
   * Begins to answer for all sockets of a context that have one of {@linkcode ZAP_DOMAINS}; make it before they are bound.
   *
   * @param library libzmq.
   * @param context The context.
   * @param keyedThreads How many I/O threads the context has; `undefined`: peers have no keys.
   * @param decide Says what becomes of a peer.
   * @throws {ZmqError} When the context has a handler already.
   */
  constructor(library: Library, context: Context, keyedThreads: number | undefined, decide: Decide) {
    this.#library = library;
    this.#decide = decide;
    using opened = new DisposableStack();
    this.#echo = keyedThreads === undefined ? undefined : opened.use(new IoEcho(context, keyedThreads));
    this.#socket = opened.use(context.socket(SocketType.ROUTER, 0));
    this.#socket.bind(ZAP_ENDPOINT, "ZAP handler");
    opened.move();
  }

  /** `ZMQ_FD` of its sockets: when one is readable, call {@linkcode ZapHandler.read}. */
  get fds(): number[] {
    return [this.#socket.fd, ...this.#echo?.fds ?? []];
  }

  /**
   * Answers what was asked.
   *
   * @param now The time, in milliseconds.
   */
  read(now: number): void {
    if (this.#echo?.read() === true && this.#held.length > 0) {
      for (const reply of this.#held) this.#socket.send(reply);
      this.#held = [];
    }
    // After that, since to send may use up the notification that a request has come (ZMQ_FD is edge-triggered).
    this.#readRequests(now);
    if (this.#held.length > 0 || this.#next.length === 0) return;
    [this.#held, this.#next] = [this.#next, this.#held];
    this.#echo!.send();
  }

  /** Ends it; handshakes that wait for an answer fail. */
  close(): void {
    this.#echo?.[Symbol.dispose]();
    this.#socket.close();
  }

  /** As {@linkcode ZapHandler.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #readRequests(now: number): void {
    for (let frames = this.#socket.receive(); frames !== undefined; frames = this.#socket.receive()) {
      const request = parseZapRequest(frames);
      const role = PEER_ROLES.find((role) => ZAP_DOMAINS[role] === request?.domain);
      // Nobody but libzmq connects to the handler: a peer cannot reach it, and has nothing to say in it.
      if (request === undefined || role === undefined) continue;
      const { address, key } = request;
      const publicKey = key === undefined ? undefined : encodeKey(this.#library, key);
      const reply = formatZapReply(request, this.#decide({ role, address, publicKey }, now));
      if (publicKey === undefined) this.#socket.send(reply);
      else this.#next.push(reply);
    }
  }
}
