/**
 * The network addresses of hosts, from the system's resolver.
 *
 * libzmq would look up a name on the thread that all connections of a context share, so that an unresponsive name
 * server would stall every connection. It would also try only one of the name's addresses. So it is given addresses
 * only.
 *
 * @module
 */

import { encodeText } from "./c_text.ts";
import { ConnectError, type ConnectErrorCode } from "./connect_error.ts";
import type { Symbols } from "./symbols.ts";

const IS_DARWIN = Deno.build.os === "darwin";

/** The same on Linux and macOS. */
const AF_INET = 2;
const AF_INET6 = IS_DARWIN ? 30 : 10;
const SOCK_STREAM = 1;
const AI_NUMERICHOST = 4;

/** The offsets of the fields of `struct addrinfo`. On macOS, the two pointers are in reverse order. */
const ADDRESS_INFO = {
  flags: 0,
  socketType: 8,
  addressLength: 16,
  address: IS_DARWIN ? 32 : 24,
  next: 40,
  size: 48,
};

/** Errors of `getaddrinfo` (`EAI_`) that do not rule out that the name exists. */
const NAME_SERVER_FAILURES: readonly number[] = IS_DARWIN
  ? [2, 4, 11] // EAI_AGAIN, EAI_FAIL, EAI_SYSTEM
  : [-3, -4, -11];

/** The memory of one call of `getaddrinfo`: the offsets of its result, its hints and the host, in bytes. */
const CALL = { result: 0, hints: 64, host: 64 + ADDRESS_INFO.size };

/**
 * The most concurrent look-ups. Each occupies one of Deno's 32 threads for blocking calls, for ten seconds or more if
 * no name server answers. Other blocking calls, such as waiting for sockets, need threads as well.
 */
const MAX_LOOK_UPS = 16;

/** An address to connect to. */
export interface Address {
  /** In libzmq's notation, without a name: `tcp://127.0.0.1:5555`, `tcp://[fe80::1%2]:5555`, `ipc:///run/spq`. */
  readonly endpoint: string;
  /** The `struct sockaddr` of the C library, which begins with the address family. */
  readonly sockaddr: Uint8Array<ArrayBuffer>;
}

/**
 * The address of a host that is given as a numeric address.
 *
 * @param symbols The C library.
 * @param host An IPv4 address or, in brackets, an IPv6 address, whose zone may be any name of a network interface.
 * @param port The port.
 * @returns The address; `undefined` if the host is a name, or the zone is not a network interface.
 */
export function numericAddress(symbols: Symbols, host: string, port: number): Address | undefined {
  const call = prepare(host, AI_NUMERICHOST);
  if (symbols.getaddrinfo(...call.pointers) !== 0) return undefined;
  return takeResult(symbols, call.memory, port)[0];
}

/** Running look-ups, by name. Callers that need the same one share it. */
const lookUps = new Map<string, Promise<Address[]>>();
/** Look-ups that wait for a thread, in order. */
const waiting: (() => void)[] = [];
let running = 0;

/**
 * Looks up a name on another thread. The look-up keeps running even if nobody waits for it any more, but does not keep
 * the process alive.
 *
 * @param symbols The C library.
 * @param name The name.
 * @param port The port for the addresses.
 * @returns Its addresses, IPv4 and IPv6, at least one, in the order in which to try them.
 * @throws {ConnectError} When the name has no address, or could not be looked up.
 */
export function lookUpName(symbols: Symbols, name: string, port: number): Promise<Address[]> {
  const key = `${name}:${port}`;
  let lookUp = lookUps.get(key);
  if (lookUp === undefined) {
    lookUp = inTurn(() => callResolver(symbols, name, port)).finally(() => lookUps.delete(key));
    lookUps.set(key, lookUp);
  }
  return lookUp;
}

async function inTurn<Value>(run: () => Promise<Value>): Promise<Value> {
  if (running >= MAX_LOOK_UPS) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await run();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

async function callResolver(symbols: Symbols, name: string, port: number): Promise<Address[]> {
  const call = prepare(name, 0);
  const code = await unreferenced(symbols.getaddrinfo_async(...call.pointers));
  if (code === 0) {
    const addresses = takeResult(symbols, call.memory, port);
    if (addresses.length > 0) return addresses;
    throw new ConnectError("NAME_NOT_FOUND", `the name "${name}" does not resolve to an IPv4 or IPv6 address`);
  }
  const text = symbols.gai_strerror(code);
  const reason = text === null ? `error ${code}` : Deno.UnsafePointerView.getCString(text);
  const errorCode: ConnectErrorCode = NAME_SERVER_FAILURES.includes(code) ? "NAME_SERVER_SILENT" : "NAME_NOT_FOUND";
  throw new ConnectError(errorCode, `the name "${name}" does not resolve (${reason})`);
}

/**
 * Keeps a running native call from keeping the process alive. Deno has no public function for that. Without it, a
 * program would only end when the look-up ends.
 */
function unreferenced<Value>(call: Promise<Value>): Promise<Value> {
  const internals = Deno as unknown as Record<symbol, { core?: { unrefOpPromise?: (promise: unknown) => void } }>;
  const { internal } = Deno as unknown as { internal: symbol };
  internals[internal]?.core?.unrefOpPromise?.(call);
  return call;
}

/** The arguments of `getaddrinfo`, which must stay where they are until it has returned. */
interface ResolverCall {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly pointers: readonly [Deno.PointerObject, null, Deno.PointerObject, Deno.PointerObject];
}

function prepare(host: string, flags: number): ResolverCall {
  const text = encodeText(host.replace(/^\[(.*)\]$/, "$1"));
  // More than 64 bytes, so that V8 does not place it on its heap, where it could move.
  const memory = new Uint8Array(CALL.host + text.length);
  const hints = new DataView(memory.buffer, CALL.hints);
  hints.setInt32(ADDRESS_INFO.flags, flags, true);
  hints.setInt32(ADDRESS_INFO.socketType, SOCK_STREAM, true);
  memory.set(text, CALL.host);
  const start = Deno.UnsafePointer.of(memory)!;
  const at = (offset: number) => Deno.UnsafePointer.offset(start, offset)!;
  return { memory, pointers: [at(CALL.host), null, at(CALL.hints), at(CALL.result)] };
}

function takeResult(symbols: Symbols, memory: Uint8Array<ArrayBuffer>, port: number): Address[] {
  const first = Deno.UnsafePointer.create(new DataView(memory.buffer).getBigUint64(CALL.result, true));
  const addresses: Address[] = [];
  for (let info = first; info !== null;) {
    const view = new Deno.UnsafePointerView(info);
    const address = view.getPointer(ADDRESS_INFO.address);
    if (address !== null) {
      const bytes = new Uint8Array(view.getUint32(ADDRESS_INFO.addressLength));
      Deno.UnsafePointerView.copyInto(address, bytes);
      const found = addressOf(bytes, port);
      if (found !== undefined) addresses.push(found);
    }
    info = view.getPointer(ADDRESS_INFO.next);
  }
  symbols.freeaddrinfo(first);
  return addresses;
}

/** The address of a `sockaddr_in` or `sockaddr_in6`; `undefined` for any other family. */
function addressOf(sockaddr: Uint8Array<ArrayBuffer>, port: number): Address | undefined {
  const view = new DataView(sockaddr.buffer);
  view.setUint16(2, port);
  // On macOS, the first byte is the length and the second one the family.
  const family = IS_DARWIN ? sockaddr[1] : view.getUint16(0, true);
  if (family === AF_INET) return { endpoint: `tcp://${sockaddr.subarray(4, 8).join(".")}:${port}`, sockaddr };
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + index * 2).toString(16));
  // The usual short form, such as [::1].
  const host = new URL(`http://[${groups.join(":")}]`).hostname;
  const zone = view.getUint32(24, true);
  return { endpoint: `tcp://${zone === 0 ? host : `${host.slice(0, -1)}%${zone}]`}:${port}`, sockaddr };
}

/**
 * Rewrites the IPv6 zone of an endpoint so that libzmq understands it. libzmq takes a zone for the name of a network
 * interface only if it begins with a letter, and for a number otherwise.
 *
 * @param symbols The C library.
 * @param endpoint A checked endpoint.
 * @returns The endpoint, with the interface's number as its zone where libzmq would not recognise the name.
 */
export function withKnownZone(symbols: Symbols, endpoint: string): string {
  const match = /^tcp:\/\/(\[[^%]+%[^A-Za-z].*\]):([^:]+)$/.exec(endpoint);
  if (match === null) return endpoint;
  const [, host, port] = match;
  const address = numericAddress(symbols, host!, 0);
  return address === undefined ? endpoint : address.endpoint.replace(/0$/, port!);
}
