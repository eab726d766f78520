/**
 * Connects to an endpoint: looks up its name, tries its addresses, and pauses longer after each failure.
 *
 * libzmq could do this by itself, but with only one address, looked up on the thread that all connections share, and
 * without reporting why it fails.
 *
 * @module
 */

import { Backoff, type BackoffOptions } from "../backoff.ts";
import { hostAndPort, ipcPath } from "../endpoint.ts";
import { type Address, lookUpName, numericAddress } from "./addresses.ts";
import { ConnectError, type ConnectErrorCode } from "./connect_error.ts";
import { probe } from "./connect_probe.ts";
import type { Context } from "./context.ts";
import type { ClientKeys } from "./curve.ts";
import { ZmqError } from "./error.ts";
import type { Library } from "./library.ts";
import { openPeerSocket, type PeerSocket } from "./peer_socket.ts";
import { unixAddress } from "./unix_socket.ts";
import type { Waiter } from "./waiter.ts";

/** If an address has not answered after this time, in milliseconds, the next one is tried in parallel (RFC 8305). */
const NEXT_ADDRESS_MS = 250;
/** How long to wait for a host to answer, in milliseconds. */
const NO_ANSWER_MS = 5000;
/**
 * If the other side has not answered the handshake for this long, in milliseconds, the connection is used anyway: a
 * peer that speaks ZMTP 1 or 2 is never reported as ready. But the listener may also be something other than a queue.
 */
const NO_HANDSHAKE_MS = 1000;
/**
 * How long to wait for the handshake with a key, in milliseconds. A queue that refuses a key says nothing, and closes
 * the connection at its handshake timeout, which is 3 s in ours.
 */
const NO_ADMISSION_MS = 4000;
/** A connection that was closed within this time, in milliseconds, was refused before the queue checked the key. */
const AT_ONCE_MS = 1500;

/** System errors that pass. */
const NO_DESCRIPTORS: readonly string[] = ["EMFILE", "ENFILE"];

/** What a connector needs. */
export interface ConnectorParts {
  /** libzmq. */
  readonly library: Library;
  /** The context of the sockets. */
  readonly context: Context;
  /** Waits for the sockets. */
  readonly waiter: Waiter;
  /**
   * Its keys. They are not used on `ipc://`, where queues require none.
   *
   * @default none
   */
  readonly keys?: ClientKeys | undefined;
  /** The pauses while connecting fails. */
  readonly backoff: BackoffOptions;
  /**
   * Called when connecting fails, unless the reason is that of the last call and no connection has succeeded since.
   *
   * @default failures are not reported
   */
  readonly onFailure?: ((error: ConnectError) => void) | undefined;
  /**
   * Looks up a name's addresses.
   *
   * @default the system's resolver, on another thread
   */
  readonly lookUp?: (name: string, port: number) => Promise<Address[]>;
}

/** How to connect. */
export interface ConnectOptions {
  /**
   * The peer's identity (`ZMQ_ROUTING_ID`).
   *
   * @default the other side assigns one
   */
  readonly identity?: string | undefined;
  /** Abort it to give up. */
  readonly signal: AbortSignal;
}

/** Connects to one endpoint, any number of times; see the module. */
export class Connector implements AsyncDisposable {
  /** The endpoint. */
  readonly endpoint: string;
  readonly #parts: ConnectorParts;
  readonly #backoff: Backoff;
  /** Why the last attempt failed; `undefined` if it succeeded, or there was none. */
  #failure: ConnectError | undefined;
  /** How many attempts have failed. */
  #failures = 0;
  /** When the pause after a failure ends, by `performance.now()`. */
  #pausedUntilMs = 0;
  /** After a failure, one caller tries, and the others wait for its result. */
  #trying: Promise<void> | undefined;
  /** The address of the last successful connection, which is tried first. */
  #bestAddress: string | undefined;
  /** Addresses that did not answer, which are tried last. */
  readonly #silentAddresses = new Set<string>();
  readonly #closing = new AbortController();
  /** Attempts in progress. */
  readonly #attempts = new Set<Promise<unknown>>();
  /** The last reason that was passed to {@linkcode ConnectorParts.onFailure}. */
  #reportedReason: string | undefined;

  /**
   * Makes a connector. It does nothing until {@linkcode Connector.connect} is called.
   *
   * @param endpoint A checked endpoint.
   * @param parts What it needs.
   */
  constructor(endpoint: string, parts: ConnectorParts) {
    this.endpoint = endpoint;
    this.#parts = parts;
    this.#backoff = new Backoff(parts.backoff);
  }

  /** How many attempts to connect have failed so far, to detect further failures. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Connects once: tries all addresses, after a pause if the last attempt failed.
   *
   * @param options How to connect.
   * @returns A connection whose handshake is done, or which the other side keeps open without a handshake. The caller
   * owns it.
   * @throws {ConnectError} When no address can be reached, or the signal was aborted, with what is known so far.
   * @throws {ZmqError} When libzmq does not accept the identity, or has no descriptors left.
   */
  connect({ identity, signal }: ConnectOptions): Promise<PeerSocket> {
    const attempt = this.#connect({ identity, signal: AbortSignal.any([signal, this.#closing.signal]) });
    this.#attempts.add(attempt);
    const forget = () => this.#attempts.delete(attempt);
    attempt.then(forget, forget);
    return attempt;
  }

  async #connect(options: ConnectOptions): Promise<PeerSocket> {
    const { signal } = options;
    const { failures } = this;
    while (this.#failure !== undefined) {
      if (signal.aborted) throw this.#failure;
      if (this.#trying === undefined) return await this.#tryForAll(options);
      await untilAborted(this.#trying, signal);
      // The caller that was waited for may have been aborted, in which case nothing is known yet.
      if (this.#failures > failures && this.#failure !== undefined) throw this.#failure;
    }
    return await this.#try(options);
  }

  /** Abandons all attempts, and waits until their sockets are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#attempts);
  }

  /**
   * Call this when a connection of this connector has ended. If it was never ready, that counts as a failure.
   *
   * @param peer The connection.
   */
  reportEnd(peer: PeerSocket): void {
    if (!peer.wasReady) this.#fail(handshakeError(peer.address, "was closed"));
  }

  /** Call this when a connection that was not ready at first has become ready: the next failure is reported again. */
  reportReady(): void {
    this.#reportedReason = undefined;
    this.#backoff.succeeded();
  }

  /** The likely reason why a connection is not ready yet. */
  static handshakeError(peer: PeerSocket): ConnectError {
    return handshakeError(peer.address, "has not been answered");
  }

  async #tryForAll(options: ConnectOptions): Promise<PeerSocket> {
    const tried = Promise.withResolvers<void>();
    this.#trying = tried.promise;
    try {
      const pauseMs = this.#pausedUntilMs - performance.now();
      if (pauseMs > 0) await this.#parts.waiter.wait([], pauseMs, options.signal);
      if (options.signal.aborted) throw this.#failure!;
      return await this.#try(options);
    } finally {
      this.#trying = undefined;
      tried.resolve();
    }
  }

  async #try(options: ConnectOptions): Promise<PeerSocket> {
    try {
      const peer = await this.#connectToAny(await this.#lookUp(options.signal), options);
      this.#succeed(peer);
      return peer;
    } catch (error) {
      if (error instanceof ConnectError && !options.signal.aborted) this.#fail(error);
      throw error;
    }
  }

  #succeed(peer: PeerSocket): void {
    this.#bestAddress = peer.address;
    this.#silentAddresses.delete(peer.address);
    this.#failure = undefined;
    if (!peer.wasReady) return this.#report(Connector.handshakeError(peer));
    this.#backoff.succeeded();
    this.#reportedReason = undefined;
  }

  #fail(error: ConnectError): void {
    this.#failure = error;
    this.#failures++;
    this.#pausedUntilMs = performance.now() + this.#backoff.failed();
    this.#report(error);
  }

  #report(error: ConnectError): void {
    if (error.message === this.#reportedReason) return;
    this.#reportedReason = error.message;
    this.#parts.onFailure?.(error);
  }

  /** The addresses to connect to, in the order in which to try them. */
  async #lookUp(signal: AbortSignal): Promise<Address[]> {
    const { symbols } = this.#parts.library;
    const tcp = hostAndPort(this.endpoint);
    if (tcp === undefined) {
      return [{ endpoint: this.endpoint, sockaddr: unixAddress(ipcPath(this.endpoint)!) }];
    }
    const { host, port } = tcp;
    const address = numericAddress(symbols, host, port);
    if (address !== undefined) return [address];
    if (host.startsWith("[")) throw new ConnectError("UNREACHABLE", `there is no address ${host} on this machine`);
    const { lookUp = (name, port) => lookUpName(symbols, name, port) } = this.#parts;
    const addresses = await untilAborted(lookUp(host, port), signal);
    if (addresses === undefined) throw lookUpError(host);
    const rank = ({ endpoint }: Address) =>
      endpoint === this.#bestAddress ? 0 : this.#silentAddresses.has(endpoint) ? 2 : 1;
    return addresses.toSorted((first, second) => rank(first) - rank(second));
  }

  /** Connects to the first of several addresses that answers. */
  async #connectToAny(targets: readonly Address[], options: ConnectOptions): Promise<PeerSocket> {
    using attempts = new Attempts();
    const failures: Failure[] = [];
    let next = 0;
    let nextAtMs = -Infinity;
    while (next < targets.length || attempts.list.length > 0) {
      const now = performance.now();
      if (next < targets.length && now >= nextAtMs) {
        attempts.list.push(this.#attempt(targets[next++]!, options.identity));
        nextAtMs = now + NEXT_ADDRESS_MS;
      }
      const dueAtMs = Math.min(
        next < targets.length ? nextAtMs : Infinity,
        ...attempts.list.map(({ dueAtMs }) => dueAtMs),
      );
      const timeoutMs = Math.max(0, dueAtMs - performance.now());
      await this.#parts.waiter.wait(attempts.list.map(({ peer }) => peer.events), timeoutMs, options.signal);
      if (options.signal.aborted) {
        for (const { peer } of attempts.list) if (peer.state === "connecting") this.#silentAddresses.add(peer.address);
        throw this.#earlierFailure(attempts) ?? attempts.pendingError();
      }
      for (const attempt of attempts.list.slice()) {
        // Another one is connected, and this one closed.
        if (!attempts.list.includes(attempt)) continue;
        const { peer } = attempt;
        const state = peer.readAwaitedEvents();
        // On a busy machine, it may have ended before it was seen.
        if (peer.wasConnected && !attempt.isConnected) {
          attempt.isConnected = true;
          attempt.wasSeenOpen = state !== "ended";
          attempt.connectedAtMs = performance.now();
          attempt.dueAtMs = attempt.connectedAtMs + (attempt.keys === undefined ? NO_HANDSHAKE_MS : NO_ADMISSION_MS);
          if (attempt.wasSeenOpen) {
            // There must not be two connections to one queue through two addresses.
            attempts.closeOthers(attempt);
            nextAtMs = Infinity;
          }
        }
        const isOver = performance.now() >= attempt.dueAtMs;
        if (state === "ready" || (state === "connected" && isOver && attempt.keys === undefined)) {
          return attempts.take(attempt);
        }
        if (state !== "ended" && !isOver) continue;
        attempts.close(attempt);
        const error = await this.#failureOf(attempt, state === "ended", options.signal);
        failures.push({ endpoint: attempt.target.endpoint, error });
        if (options.signal.aborted) throw combined(failures);
        nextAtMs = -Infinity;
      }
    }
    throw combined(failures);
  }

  /** @throws {ConnectError} When there are no descriptors left for now. */
  #attempt(target: Address, identity: string | undefined): Attempt {
    const { context, library: { hasHandshakeEvents } } = this.#parts;
    const keys = target.endpoint.startsWith("ipc://") ? undefined : this.#parts.keys;
    try {
      const peer = openPeerSocket(context, target.endpoint, { identity, keys, hasHandshakeEvents });
      const beganMs = performance.now();
      return {
        target,
        peer,
        keys,
        beganMs,
        isConnected: false,
        wasSeenOpen: false,
        connectedAtMs: 0,
        dueAtMs: beganMs + NO_ANSWER_MS,
      };
    } catch (error) {
      if (!(error instanceof ZmqError && NO_DESCRIPTORS.includes(error.code))) throw error;
      throw new ConnectError("UNREACHABLE", error.message);
    }
  }

  /** The last failure, if it says more than the attempts that were abandoned since. */
  #earlierFailure({ connected }: Attempts): ConnectError | undefined {
    if (connected === undefined || this.#failure === undefined) return this.#failure;
    // An attempt that was abandoned early cannot distinguish a silent queue from one that would have closed the
    // connection.
    const isSoon = performance.now() - connected.connectedAtMs < AT_ONCE_MS;
    return isSoon && HANDSHAKE_CODES.includes(this.#failure.code) ? this.#failure : undefined;
  }

  async #failureOf(attempt: Attempt, hasEnded: boolean, signal: AbortSignal): Promise<ConnectError> {
    const { target, peer } = attempt;
    if (peer.wasConnected) return refusalError(attempt, hasEnded);
    if (hasEnded) {
      return await probe(target, { symbols: this.#parts.library.symbols, waiter: this.#parts.waiter, signal });
    }
    this.#silentAddresses.add(target.endpoint);
    return silenceError(target.endpoint);
  }
}

/** The placeholder for the address in a reason. */
const ADDRESS_PLACEHOLDER = "\0";

/** Why one address could not be connected to. */
interface Failure {
  readonly endpoint: string;
  readonly error: ConnectError;
}

/** An attempt to connect to one address. */
interface Attempt {
  readonly target: Address;
  readonly peer: PeerSocket;
  readonly keys: ClientKeys | undefined;
  /** When the attempt began, by `performance.now()`. */
  readonly beganMs: number;
  /** Whether the transport was seen to be connected. */
  isConnected: boolean;
  /** Whether the transport was still connected when it was first seen. */
  wasSeenOpen: boolean;
  /** When the transport was first seen, by `performance.now()`. */
  connectedAtMs: number;
  /** When the attempt will have taken too long, by `performance.now()`. */
  dueAtMs: number;
}

/** Attempts in progress, which are closed in the end. */
class Attempts implements Disposable {
  readonly list: Attempt[] = [];

  /** The attempt whose transport is connected. */
  get connected(): Attempt | undefined {
    return this.list.find(({ isConnected }) => isConnected);
  }

  close(attempt: Attempt): void {
    this.take(attempt).close(0);
  }

  closeOthers(attempt: Attempt): void {
    for (const other of this.list.slice()) if (other !== attempt) this.close(other);
  }

  /** Takes the connection of an attempt, which is then not closed. */
  take(attempt: Attempt): PeerSocket {
    this.list.splice(this.list.indexOf(attempt), 1);
    return attempt.peer;
  }

  /** What is known when the attempts are abandoned. */
  pendingError(): ConnectError {
    const { connected } = this;
    if (connected !== undefined) return refusalError(connected, false);
    return combined(this.list.map(({ target: { endpoint } }) => ({ endpoint, error: silenceError(endpoint) })));
  }

  [Symbol.dispose](): void {
    for (const attempt of this.list.slice()) this.close(attempt);
  }
}

function whereOf(endpoint: string): string {
  return endpoint.replace(/^(tcp|ipc):\/\//, "");
}

function lookUpError(name: string): ConnectError {
  const reason = `the name "${name}" does not resolve: the name server has not answered yet`;
  return new ConnectError("NAME_SERVER_SILENT", reason);
}

function silenceError(endpoint: string): ConnectError {
  return new ConnectError("UNREACHABLE", `${whereOf(endpoint)} does not answer`);
}

/** Why a connection was closed, or stays silent, before its handshake was done. */
function refusalError(attempt: Attempt, hasEnded: boolean): ConnectError {
  const { target: { endpoint }, keys, beganMs, wasSeenOpen, connectedAtMs } = attempt;
  if (keys === undefined) return handshakeError(endpoint, hasEnded ? "was closed" : "has not been answered");
  const where = whereOf(endpoint);
  const wrongQueue = `${where} is not the queue that the key file names, or it uses no keys`;
  const notPermitted =
    `the queue at ${where} refuses this key or address: it is not permitted, or this is the other role's ` +
    `port; the public key is ${keys.publicKey}`;
  const openMs = performance.now() - (wasSeenOpen ? connectedAtMs : beganMs);
  if (hasEnded && openMs < AT_ONCE_MS) return new ConnectError("WRONG_QUEUE", wrongQueue);
  // If this thread was busy all the time, nobody knows for how long the connection was open.
  const isUnclear = hasEnded && !wasSeenOpen;
  return new ConnectError("NOT_PERMITTED", isUnclear ? `${wrongQueue}; or ${notPermitted}` : notPermitted);
}

function handshakeError(endpoint: string, what: "was closed" | "has not been answered"): ConnectError {
  const where = whereOf(endpoint);
  return new ConnectError(
    "NOT_ZMTP",
    what === "was closed"
      ? `${where} closed the connection before the ZMTP handshake was done: is it the queue's port, and does the queue ask ` +
        "for a key?"
      : `${where} has not answered the ZMTP handshake: is it the queue's port, and does the queue let this address in?`,
  );
}

/** Codes of failures after the transport was connected. */
const HANDSHAKE_CODES: readonly ConnectErrorCode[] = ["NOT_PERMITTED", "WRONG_QUEUE", "NOT_ZMTP"];
/** Codes, each of which says more about the endpoint than those after it. */
const MOST_TELLING_FIRST: readonly ConnectErrorCode[] = [...HANDSHAKE_CODES, "NO_PERMISSION", "REFUSED"];

/** Combines the errors of several addresses. */
function combined(failures: readonly Failure[]): ConnectError {
  const code = MOST_TELLING_FIRST.find((code) => failures.some(({ error }) => error.code === code)) ??
    failures[0]!.error.code;
  // A reason that several addresses share is given once.
  const addresses = new Map<string, string[]>();
  for (const { endpoint, error } of failures) {
    const where = whereOf(endpoint);
    const reason = error.message.replace(where, ADDRESS_PLACEHOLDER);
    addresses.set(reason, [...addresses.get(reason) ?? [], where]);
  }
  const reasons = [...addresses].map(([reason, wheres]) => reason.replace(ADDRESS_PLACEHOLDER, wheres.join(", ")));
  return new ConnectError(code, reasons.join("; "));
}

/** The value of a promise; `undefined` if the signal is aborted first. */
async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  if (signal.aborted) return undefined;
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
