/**
 * Answers libzmq's authentication requests (ZAP) on the relay's thread.
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
 * Under CURVE, the identity in the reply must replace the one that the peer asks for. But libzmq uses the peer's own if it
 * reads that after the reply: with an immediate reply, that happened in a quarter of the cases. The I/O thread sends the ZAP
 * request and reads the peer's identity in the same turn. So these replies are held back until an echo shows that each I/O
 * thread has finished that turn.
 */
export class ZapHandler implements Disposable {
  readonly #library: Library;
  readonly #socket: Socket;
  readonly #decide: Decide;
  /** `undefined` if peers have no keys. */
  readonly #echo: IoEcho | undefined;
  /** Replies that wait for the echo in progress. */
  #held: Reply[] = [];
  /** Replies that were made after that echo was sent, and wait for the next one. */
  #next: Reply[] = [];

  /**
   * Starts answering for all sockets of a context that have one of {@linkcode ZAP_DOMAINS}. Create it before they are bound.
   *
   * @param library libzmq.
   * @param context The context.
   * @param keyedThreads How many I/O threads the context has; `undefined`: peers have no keys.
   * @param decide Decides whether a peer is let in.
   * @throws {ZmqError} When the context already has a handler.
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
   * Answers pending requests.
   *
   * @param now The time, in milliseconds.
   */
  read(now: number): void {
    if (this.#echo?.read() === true && this.#held.length > 0) {
      for (const reply of this.#held) this.#socket.send(reply);
      this.#held = [];
    }
    // Read after sending, since a send may consume the notification of a new request (ZMQ_FD is edge-triggered).
    this.#readRequests(now);
    if (this.#held.length > 0 || this.#next.length === 0) return;
    [this.#held, this.#next] = [this.#next, this.#held];
    this.#echo!.send();
  }

  /** Stops answering. Handshakes that wait for an answer fail. */
  close(): void {
    this.#echo?.[Symbol.dispose]();
    this.#socket.close();
  }

  /** Like {@linkcode ZapHandler.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #readRequests(now: number): void {
    for (let frames = this.#socket.receive(); frames !== undefined; frames = this.#socket.receive()) {
      const request = parseZapRequest(frames);
      const role = PEER_ROLES.find((role) => ZAP_DOMAINS[role] === request?.domain);
      // Only libzmq can connect to the handler, so this does not happen because of a peer.
      if (request === undefined || role === undefined) continue;
      const { address, key } = request;
      const publicKey = key === undefined ? undefined : encodeKey(this.#library, key);
      const reply = formatZapReply(request, this.#decide({ role, address, publicKey }, now));
      if (publicKey === undefined) this.#socket.send(reply);
      else this.#next.push(reply);
    }
  }
}
