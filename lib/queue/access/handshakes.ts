/**
 * Tracks the connections of a side that are in handshake, as the side's monitor reports them: why handshakes failed, and how
 * many an address may have at once. No sockets, no clock.
 *
 * @module
 */

import { addressGroup } from "../../access/address_range.ts";
import type { PeerRole } from "../../access/permitted_keys.ts";
import { MonitorEvent } from "../../zmq/constants.ts";
import type { SocketEvent } from "../../zmq/monitor.ts";
import { type PeerLine, PeerLines, type RecentPeer } from "./peer_lines.ts";

/**
 * How long a handshake may take at a guarded endpoint. This limits how long a stranger can occupy a connection. A refused
 * peer tries again after it.
 */
export const GUARDED_HANDSHAKE_MS = 3000;
/** How long it may take at other endpoints: libzmq's default. */
const OPEN_HANDSHAKE_MS = 30_000;
/** After this time libzmq has ended a handshake, even if that was not reported: see {@linkcode HandshakesParts.isOpen}. */
const STALE_MS = 2 * GUARDED_HANDSHAKE_MS;
/** The monitor may be read this long after the event. */
const SLACK_MS = 100;
/**
 * At guarded endpoints an address may have at most this many connections that have been in handshake for longer than
 * `PATIENCE_MS`, and at most `MAX_HANDSHAKES` in all. When a queue restarts, all peers of a host connect at once, and with
 * keys each handshake takes libzmq a millisecond or more.
 */
const MAX_SLOW_HANDSHAKES = 64;
const MAX_HANDSHAKES = 1024;
const PATIENCE_MS = 1000;

/** How much later than its following events an acceptance may be reported, if several I/O threads serve the side. */
const LATE_MS = 1000;

/** `ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH`. */
const OTHER_MECHANISM = 0x11000002;

/** What a side's `tcp://` endpoints require. */
export type Demand = "nothing" | "address" | "key";

/** The probable reasons why a connection ended without any other event. */
const UNKNOWN_REASONS: Readonly<Record<Demand, string>> = {
  "key": "no key, a wrong public key of the queue, or not ZMTP 3",
  "address": "not ZMTP 3: another protocol, or libzmq before 4.0",
  "nothing": "not ZMTP",
};

/** The events that a side's monitor must report. */
const EVENTS = [
  MonitorEvent.ACCEPTED,
  MonitorEvent.HANDSHAKE_SUCCEEDED,
  MonitorEvent.DISCONNECTED,
  MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL,
  MonitorEvent.HANDSHAKE_FAILED_AUTH,
];

/**
 * Returns the events that a side's monitor must report.
 *
 * @param demand What its endpoints require.
 * @returns The events.
 */
export function handshakeEvents(demand: Demand): readonly MonitorEvent[] {
  // With CURVE, libzmq (4.3.5) also reports this event when a peer violates the encryption later, and then it fails to close
  // the connection if the event is monitored: it stays open and unread for as long as the process lives.
  return demand === "key" ? EVENTS : [...EVENTS, MonitorEvent.HANDSHAKE_FAILED_PROTOCOL];
}

/** A handshake that failed. */
export interface FailedHandshake {
  /** The side that the peer connected to, named by the role that the side is for. */
  readonly role: PeerRole;
  /** The peer's address. */
  readonly address: string;
  /** The reason, as far as libzmq reports it. */
  readonly reason: string;
  /** Whether the endpoint requires a key or an address. */
  readonly isGuarded: boolean;
}

/** What a {@linkcode Handshakes} needs. */
export interface HandshakesParts {
  /** The side, named by the role that it is for. */
  readonly role: PeerRole;
  /** What its endpoints require. */
  readonly demand: Demand;
  /** Closes the connection with this descriptor, if its peer still has this port. */
  readonly close: (fd: number, port: number) => void;
  /**
   * Whether the peer of the connection with this descriptor has this port. Needed if several I/O threads serve the side:
   * then the events of a connection may be reported before its acceptance.
   *
   * @default acceptances are reported first
   */
  readonly isOpen?: ((fd: number, port: number) => boolean) | undefined;
  /** Receives log lines. */
  readonly onFailed: (line: PeerLine<FailedHandshake>) => void;
}

/** A connection in handshake. */
interface Handshake {
  readonly address: string;
  readonly fd: number;
  readonly port: number;
  /** The group of addresses that it is counted with. */
  readonly group: string;
  readonly acceptedAtMs: number;
  /** Whether libzmq has reported its failure. */
  isFailed: boolean;
  /** Whether there is nothing more to log about it. */
  isSettled: boolean;
}

/** Events of a connection that is not known to be in handshake, perhaps because its acceptance has not been reported yet. */
interface Early {
  readonly events: SocketEvent[];
  readonly firstAtMs: number;
}

/** Tracks handshakes; see the module. */
export class Handshakes {
  readonly #parts: HandshakesParts;
  readonly #isGuarded: boolean;
  /** Handshakes by both endpoints of the connection. */
  readonly #open = new Map<string, Handshake>();
  /** The same for each group of addresses, oldest first. */
  readonly #groups = new Map<string, Map<string, Handshake>>();
  /** Early events by the same keys, oldest first. */
  readonly #early = new Map<string, Early>();
  /** Groups of addresses that may have too many. */
  readonly #crowded = new Set<string>();
  readonly #lines: PeerLines<FailedHandshake>;
  #excess = 0;

  /** @param parts What it needs. */
  constructor(parts: HandshakesParts) {
    this.#parts = parts;
    this.#isGuarded = parts.demand !== "nothing";
    // An open endpoint accepts any peer, so all its failures together get one line per minute.
    this.#lines = new PeerLines(this.#isGuarded ? ({ address, reason }) => `${address} ${reason}` : () => "");
  }

  /** How many handshakes have failed, as far as libzmq reports it. */
  get failed(): number {
    return this.#lines.total - this.#excess;
  }

  /** How many connections were closed because their address had too many in handshake. */
  get excess(): number {
    return this.#excess;
  }

  /**
   * The peers whose handshakes failed lately, latest first. All peers of an open endpoint count as one, as in the log.
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
   * The monitor reported an event. Only those of TCP matter.
   *
   * @param event The event.
   * @param now The time, in milliseconds.
   * @returns Whether it was the end of a connection whose handshake had not succeeded and about which libzmq reports nothing
   * else.
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
    // Peers that speak ZMTP 1 or 2 have no handshake that could succeed; only open endpoints let them in.
    return event === MonitorEvent.DISCONNECTED && this.#isGuarded && !wasFailed;
  }

  /**
   * Closes connections of addresses that have too many in handshake.
   *
   * @param now The time.
   * @returns Milliseconds to the next deadline, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    // Called in each turn of the relay's loop, so the usual case must be cheap.
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
        // The door has logged the reason. libzmq keeps the connection until the handshake's time is over.
        handshake.isSettled = true;
        break;
      case MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL:
        // Either the peer closed it, as port scanners and health checks do, or its time was over. Peers of ZMTP 1 or 2 have
        // no handshake that could time out.
        if (this.#isGuarded && ageMs >= GUARDED_HANDSHAKE_MS - SLACK_MS) {
          this.#fail(handshake, `not finished within ${GUARDED_HANDSHAKE_MS / 1000} s`, now);
        }
        handshake.isSettled = true;
        break;
      case MonitorEvent.DISCONNECTED:
        // If the greeting was already wrong, libzmq reports nothing before this.
        if (ageMs < (this.#isGuarded ? GUARDED_HANDSHAKE_MS : OPEN_HANDSHAKE_MS)) {
          this.#fail(handshake, UNKNOWN_REASONS[this.#parts.demand], now);
        }
        this.#end(id, handshake);
        break;
      case MonitorEvent.HANDSHAKE_SUCCEEDED:
        this.#end(id, handshake);
    }
  }

  /** Keeps events that may have been reported early. They may also be the end of a connection whose handshake is long over. */
  #keepEarly(id: string, event: SocketEvent, now: number): void {
    for (const [oldest, { firstAtMs }] of this.#early) {
      if (now - firstAtMs < LATE_MS) break;
      this.#early.delete(oldest);
    }
    const early = this.#early.get(id);
    if (early === undefined) this.#early.set(id, { events: [event], firstAtMs: now });
    else early.events.push(event);
  }

  /** A connection was accepted: handles its events that were reported early. */
  #catchUp(id: string, now: number): void {
    const early = this.#early.get(id);
    if (early === undefined) return;
    this.#early.delete(id);
    const handshake = this.#open.get(id);
    if (handshake === undefined || now - early.firstAtMs >= LATE_MS) return;
    const hasEnded = early.events.some(({ event }) => event === MonitorEvent.DISCONNECTED);
    // The peer may have reconnected from the same port.
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

  /** Closes a connection beyond the limit. It is forgotten, so its end is not logged again. */
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
