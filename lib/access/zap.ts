/**
 * The ZeroMQ Authentication Protocol (ZAP, RFC 27): libzmq's question whether to let a peer in, and the answer.
 *
 * @module
 */

import type { PeerRole } from "./permitted_keys.ts";

/** The endpoint to which libzmq sends its requests, within the same context. */
export const ZAP_ENDPOINT = "inproc://zeromq.zap.01";

const VERSION = "1.0";
const PERMITTED = "200";
/**
 * libzmq's peers try again after this status. After 400 or 500 they never do: a worker would stay shut out until
 * somebody restarts it, even if its key has been permitted meanwhile.
 */
const REFUSED = "300";

/** A request of libzmq: may this peer connect? */
export interface ZapRequest {
  /** The frames before the request. The reply must begin with them to find its way back. */
  readonly envelope: readonly Uint8Array<ArrayBuffer>[];
  /** Identifies the request. */
  readonly requestId: Uint8Array<ArrayBuffer>;
  /** The socket's `ZMQ_ZAP_DOMAIN`. */
  readonly domain: string;
  /** The peer's address: an IP address, or `localhost:UID:GID:PID` on ipc. */
  readonly address: string;
  /** `NULL`, `CURVE`, ... */
  readonly mechanism: string;
  /** The peer's public key as 32 bytes, with CURVE. */
  readonly key: Uint8Array<ArrayBuffer> | undefined;
}

/** The decision about the peer. */
export type ZapVerdict =
  /** It is let in; `userId` becomes its messages' `User-Id`, `identity` its routing id. */
  | { readonly permitted: true; readonly userId: string; readonly identity?: Uint8Array<ArrayBuffer> }
  | { readonly permitted: false };

/**
 * Reads a request.
 *
 * @param frames All frames of the message.
 * @returns The request, or `undefined` when the message is not a ZAP request.
 */
export function parseZapRequest(frames: readonly Uint8Array<ArrayBuffer>[]): ZapRequest | undefined {
  const delimiter = frames.findIndex((frame) => frame.length === 0);
  if (delimiter < 0) return undefined;
  const [version, requestId, domain, address, identity, mechanism, key] = frames.slice(delimiter + 1);
  if (version === undefined || requestId === undefined || identity === undefined) return undefined;
  if (domain === undefined || address === undefined || mechanism === undefined || decode(version) !== VERSION) {
    return undefined;
  }
  return {
    envelope: frames.slice(0, delimiter + 1),
    requestId,
    domain: decode(domain),
    address: decode(address),
    mechanism: decode(mechanism),
    key: decode(mechanism) === "CURVE" ? key : undefined,
  };
}

/**
 * Writes the answer.
 *
 * @param request The request.
 * @param verdict The decision about the peer.
 * @returns The frames to send.
 */
export function formatZapReply({ envelope, requestId }: ZapRequest, verdict: ZapVerdict): Uint8Array<ArrayBuffer>[] {
  const head = [...envelope, encode(VERSION), requestId];
  if (!verdict.permitted) return [...head, encode(REFUSED), encode("not permitted"), encode(""), encode("")];
  const metadata = verdict.identity === undefined ? encode("") : property("Identity", verdict.identity);
  return [...head, encode(PERMITTED), encode("OK"), encode(verdict.userId), metadata];
}

/** A property as ZMTP writes it: one byte of length and the name, then four bytes of length and the value. */
function property(name: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + name.length + 4 + value.length);
  bytes[0] = name.length;
  bytes.set(encode(name), 1);
  new DataView(bytes.buffer).setUint32(1 + name.length, value.length);
  bytes.set(value, 1 + name.length + 4);
  return bytes;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The ZAP domains of the queue's two sides. A socket uses the domain that is set when it binds. */
export const ZAP_DOMAINS: Readonly<Record<PeerRole, string>> = { client: "frontend", worker: "backend" };
