/**
 * The connections of a side that are still in handshake, as the side's monitor reports them: why handshakes failed, and how
 * many of them an address may have at once. No sockets, no clock.
 *
 * @module
 */

import { addressGroup } from "../../access/address_range.ts";
import type { PeerRole } from "../../access/permitted_keys.ts";
import { MonitorEvent } from "../../zmq/constants.ts";
import type { SocketEvent } from "../../zmq/monitor.ts";
import { type PeerLine, PeerLines, type RecentPeer } from "./peer_lines.ts";

/**
 * How long a handshake may take at a guarded endpoint. It bounds what a stranger can park, and a refused peer tries again
 * after it.
 */
export const GUARDED_HANDSHAKE_MS = 3000;
/** At others: what libzmq has by default. */
const OPEN_HANDSHAKE_MS = 30_000;
/** After this time libzmq has ended it, even if that is not known: see {@linkcode HandshakesParts.isOpen}. */
const STALE_MS = 2 * GUARDED_HANDSHAKE_MS;
/** The monitor may be read some time after the event. */
const SLACK_MS = 100;
/**
 * Where endpoints are guarded, an address may have so many connections in handshake for longer than the patience, and so many in
 * all. When a queue restarts, all peers of a host come at once, and with keys each takes libzmq a millisecond or more.
 */
const MAX_SLOW_HANDSHAKES = 64;
const MAX_HANDSHAKES = 1024;
const PATIENCE_MS = 1000;

/** How much later than what follows it an acceptance may be reported, if it may at all. */
const LATE_MS = 1000;

/** `ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH`. */
const OTHER_MECHANISM = 0x11000002;

/** What a side's `tcp://` endpoints ask for. */
export type Demand = "nothing" | "address" | "key";

/** Why a connection ends of which libzmq says nothing before. */
const UNKNOWN_REASONS: Readonly<Record<Demand, string>> = {
  "key": "no key, a wrong public key of the queue, or not ZMTP 3",
  "address": "not ZMTP 3: another protocol, or libzmq before 4.0",
  "nothing": "not ZMTP",
};

/** What a side's monitor has to report. */
const EVENTS = [
  MonitorEvent.ACCEPTED,
  MonitorEvent.HANDSHAKE_SUCCEEDED,
  MonitorEvent.DISCONNECTED,
  MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
  MonitorEvent.HANDSHAKE_FAILED_AUTH,
];

/**
 * Says what a side's monitor has to report.
 *
 * @param demand What its endpoints ask for.
 * @returns The events.
 */
export function handshakeEvents(demand: Demand): readonly MonitorEvent[] {
  // With CURVE libzmq (4.3.5) also reports this one when a peer breaks the encryption later, and by reporting it forgets to
  // close the connection: it stays, unread, for as long as the process lives.
  return demand === "key" ? EVENTS : [...EVENTS, MonitorEvent.HANDSHAKE_FAILED_PROTOCOL];
}

/** A handshake that failed. */
export interface FailedHandshake {
  /** The side that the peer has connected to, as the role that this side is for. */
  readonly role: PeerRole;
  /** The peer's address. */
  readonly address: string;
  /** Why, as far as libzmq tells. */
  readonly reason: string;
  /** Whether the endpoint asks for a key or an address. */
  readonly isGuarded: boolean;
}

/** What a {@linkcode Handshakes} needs. */
export interface HandshakesParts {
  /** The side, as the role that it is for. */
  readonly role: PeerRole;
  /** What its endpoints ask for. */
  readonly demand: Demand;
  /** Closes the connection with a descriptor, if the other side still has this port. */
  readonly close: (fd: number, port: number) => void;
  /**
   * Whether the other side of the connection with a descriptor has this port. It is needed where several I/O threads serve
   * the side: then what happens to a connection may be reported before that it was accepted.
   *
   * @default acceptances are reported first
   */
  readonly isOpen?: ((fd: number, port: number) => boolean) | undefined;
  /** Receives what the log should say. */
  readonly onFailed: (line: PeerLine<FailedHandshake>) => void;
}

/** A connection in handshake. */
interface Handshake {
  readonly address: string;
  readonly fd: number;
  readonly port: number;
  /** What is counted together. */
  readonly group: string;
  readonly acceptedAtMs: number;
  /** Whether libzmq has reported that it failed. */
  isFailed: boolean;
  /** Whether there is nothing more to say of it. */
  isSettled: boolean;
}

/** What was reported of a connection that is not in handshake, perhaps since its acceptance has not been reported yet. */
interface Early {
  readonly events: SocketEvent[];
  readonly firstAtMs: number;
}

/** Follows handshakes; see the module. */
export class Handshakes {
  readonly #parts: HandshakesParts;
  readonly #isGuarded: boolean;
  /** By both endpoints of the connection. */
  readonly #open = new Map<string, Handshake>();
  /** The same for each address, the oldest first. */
  readonly #groups = new Map<string, Map<string, Handshake>>();
  /** As in {@linkcode Handshakes.#open}, the oldest first. */
  readonly #early = new Map<string, Early>();
  /** Addresses that may have too many. */
  readonly #crowded = new Set<string>();
  readonly #lines: PeerLines<FailedHandshake>;
  #excess = 0;

  /** @param parts What it needs. */
  constructor(parts: HandshakesParts) {
    this.#parts = parts;
    this.#isGuarded = parts.demand !== "nothing";
    // An open endpoint does not care who its peers are, so for all of them together there is a line a minute.
    this.#lines = new PeerLines(this.#isGuarded ? ({ address, reason }) => `${address} ${reason}` : () => "");
  }

  /** How many handshakes have failed, as far as they are reported. */
  get failed(): number {
    return this.#lines.total - this.#excess;
  }

  /** How many connections were closed because their address had too many in handshake. */
  get excess(): number {
    return this.#excess;
  }

  /**
   * The peers whose handshakes failed lately, the last one first. Those of an open endpoint are one, as in the log.
   *
   * @param now The time, in milliseconds.
   */
  failedLately(now: number): RecentPeer<FailedHandshake>[] {
    return this.#lines.recent(now);
  }

  /** How many connections are in handshake. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * The monitor has reported an event. Of other transports than TCP there is nothing to say.
   *
   * @param event The event.
   * @param now The time, in milliseconds.
   * @returns Whether it was the end of a connection whose handshake had not succeeded, and of which libzmq reports nothing else.
   */
  receive(socketEvent: SocketEvent, now: number): boolean {
    const { event, value, endpoint, peer } = socketEvent;
    const [, address, port] = /^tcp:\/\/\[?(.+?)\]?:(\d+)$/.exec(peer ?? "") ?? [];
    if (address === undefined) return false;
    const id = `${endpoint} ${peer}`;
    if (event === MonitorEvent.ACCEPTED) {
      this.#accepted(id, address, { fd: value, port: Number(port), now });
      this.#catchUp(id, now);
      return false;
    }
    const handshake = this.#open.get(id);
    if (handshake === undefined) {
      if (this.#parts.isOpen !== undefined) this.#keepEarly(id, socketEvent, now);
      return false;
    }
    const wasFailed = handshake.isFailed;
    this.#advance(id, handshake, { event, value, now });
    // Peers of ZMTP 1 and 2, whom only open endpoints let in, have no handshake that could succeed.
    return event === MonitorEvent.DISCONNECTED && this.#isGuarded && !wasFailed;
  }

  /**
   * Closes connections of addresses that have too many in handshake.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    // With each turn of the relay's loop, so the usual case makes no iterator.
    if (this.#crowded.size === 0) return -1;
    let nextMs = Infinity;
    for (const group of this.#crowded) {
      const handshakes = this.#groups.get(group);
      let position = 0;
      for (const [id, handshake] of handshakes ?? []) {
        if (this.#parts.isOpen !== undefined && now - handshake.acceptedAtMs >= STALE_MS) {
          this.#end(id, handshake);
          continue;
        }
        if (++position <= MAX_SLOW_HANDSHAKES) continue;
        const leftMs = handshake.acceptedAtMs + PATIENCE_MS - now;
        if (leftMs > 0) {
          nextMs = Math.min(nextMs, leftMs);
          break;
        }
        this.#close(id, handshake, now);
      }
      if (position <= MAX_SLOW_HANDSHAKES) this.#crowded.delete(group);
    }
    return nextMs === Infinity ? -1 : Math.ceil(nextMs);
  }

  #advance(
    id: string,
    handshake: Handshake,
    { event, value, now }: { event: MonitorEvent; value: number; now: number },
  ): void {
    const ageMs = now - handshake.acceptedAtMs;
    handshake.isFailed = event !== MonitorEvent.DISCONNECTED;
    switch (event) {
      case MonitorEvent.HANDSHAKE_FAILED_PROTOCOL:
        this.#fail(handshake, value === OTHER_MECHANISM ? "has a key, and none is asked for" : "malformed", now);
        break;
      case MonitorEvent.HANDSHAKE_FAILED_AUTH:
        // The door has said why; libzmq keeps the connection until the handshake's time is over.
        handshake.isSettled = true;
        break;
      case MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL:
        // The peer has closed it, as those do who only look whether somebody listens; or its time was over. That of a peer of
        // ZMTP 1 or 2 is no handshake.
        if (this.#isGuarded && ageMs >= GUARDED_HANDSHAKE_MS - SLACK_MS) {
          this.#fail(handshake, `not finished within ${GUARDED_HANDSHAKE_MS / 1000} s`, now);
        }
        handshake.isSettled = true;
        break;
      case MonitorEvent.DISCONNECTED:
        // libzmq says nothing before it when the greeting already was wrong.
        if (ageMs < (this.#isGuarded ? GUARDED_HANDSHAKE_MS : OPEN_HANDSHAKE_MS)) {
          this.#fail(handshake, UNKNOWN_REASONS[this.#parts.demand], now);
        }
        this.#end(id, handshake);
        break;
      case MonitorEvent.HANDSHAKE_SUCCEEDED:
        this.#end(id, handshake);
    }
  }

  /** Keeps what may be reported early: it may also be the end of a connection whose handshake is long over. */
  #keepEarly(id: string, event: SocketEvent, now: number): void {
    for (const [oldest, { firstAtMs }] of this.#early) {
      if (now - firstAtMs < LATE_MS) break;
      this.#early.delete(oldest);
    }
    const early = this.#early.get(id);
    if (early === undefined) this.#early.set(id, { events: [event], firstAtMs: now });
    else early.events.push(event);
  }

  /** A connection was accepted: does what was reported of it early. */
  #catchUp(id: string, now: number): void {
    const early = this.#early.get(id);
    if (early === undefined) return;
    this.#early.delete(id);
    const handshake = this.#open.get(id);
    if (handshake === undefined || now - early.firstAtMs >= LATE_MS) return;
    const hasEnded = early.events.some(({ event }) => event === MonitorEvent.DISCONNECTED);
    // The peer may have come again, from the same port.
    if (hasEnded && this.#parts.isOpen?.(handshake.fd, handshake.port) === true) return;
    for (const { event, value } of early.events) {
      if (this.#open.get(id) === handshake) this.#advance(id, handshake, { event, value, now });
    }
  }

  #accepted(id: string, address: string, { fd, port, now }: { fd: number; port: number; now: number }): void {
    const before = this.#open.get(id);
    if (before !== undefined) this.#end(id, before);
    const group = addressGroup(address);
    const handshake = { address, fd, port, group, acceptedAtMs: now, isFailed: false, isSettled: false };
    this.#open.set(id, handshake);
    let handshakes = this.#groups.get(group);
    if (handshakes === undefined) this.#groups.set(group, handshakes = new Map());
    handshakes.set(id, handshake);
    if (!this.#isGuarded) return;
    if (handshakes.size > MAX_HANDSHAKES) this.#close(id, handshake, now);
    else if (handshakes.size > MAX_SLOW_HANDSHAKES) this.#crowded.add(group);
  }

  /** Closes one that is too many. Nothing is known of it from then on, so its end says nothing more. */
  #close(id: string, handshake: Handshake, now: number): void {
    this.#end(id, handshake);
    this.#excess++;
    this.#fail(handshake, "too many connections in handshake from one address", now);
    this.#parts.close(handshake.fd, handshake.port);
  }

  #end(id: string, { group }: Handshake): void {
    this.#open.delete(id);
    const handshakes = this.#groups.get(group)!;
    handshakes.delete(id);
    if (handshakes.size === 0) this.#groups.delete(group);
  }

  #fail(handshake: Handshake, reason: string, now: number): void {
    if (handshake.isSettled) return;
    handshake.isSettled = true;
    const { role } = this.#parts;
    const line = this.#lines.add({ role, address: handshake.address, reason, isGuarded: this.#isGuarded }, now);
    if (line !== undefined) this.#parts.onFailed(line);
  }
}
