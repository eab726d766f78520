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
import { type PeerLine, PeerLines } from "./peer_lines.ts";

/**
 * How long a handshake may take at a guarded endpoint. It bounds what a stranger can park, and a refused peer tries again
 * after it.
 */
export const GUARDED_HANDSHAKE_MS = 3000;
/** At others: what libzmq has by default. */
const OPEN_HANDSHAKE_MS = 30_000;
/** The monitor may be read some time after the event. */
const SLACK_MS = 100;
/** More connections in handshake from one address are closed at once, where endpoints are guarded. */
const MAX_HANDSHAKES = 64;

/** `ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC`: the first message was not encrypted for the queue's key. */
const WRONG_KEY = 0x11000001;
/** `ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH`. */
const OTHER_MECHANISM = 0x11000002;

/** What a side's `tcp://` endpoints ask for. */
export type Demand = "nothing" | "address" | "key";

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
  /** Receives what the log should say. */
  readonly onFailed: (line: PeerLine<FailedHandshake>) => void;
}

/** A connection in handshake. */
interface Handshake {
  readonly address: string;
  /** What is counted together. */
  readonly group: string;
  readonly acceptedAtMs: number;
  /** Whether there is nothing more to say of it. */
  isSettled: boolean;
}

/** Follows handshakes; see the module. */
export class Handshakes {
  readonly #parts: HandshakesParts;
  readonly #isGuarded: boolean;
  /** By both endpoints of the connection. */
  readonly #open = new Map<string, Handshake>();
  /** How many of them each address has. */
  readonly #counts = new Map<string, number>();
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

  /** How many connections are in handshake. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * The monitor has reported an event. Of other transports than TCP there is nothing to say.
   *
   * @param event The event.
   * @param now The time, in milliseconds.
   */
  receive({ event, value, endpoint, peer }: SocketEvent, now: number): void {
    const [, address, port] = /^tcp:\/\/\[?(.+?)\]?:(\d+)$/.exec(peer ?? "") ?? [];
    if (address === undefined) return;
    const id = `${endpoint} ${peer}`;
    if (event === MonitorEvent.ACCEPTED) return this.#accepted(id, address, { fd: value, port: Number(port), now });
    const handshake = this.#open.get(id);
    if (handshake === undefined) return;
    const ageMs = now - handshake.acceptedAtMs;
    switch (event) {
      case MonitorEvent.HANDSHAKE_FAILED_PROTOCOL:
        this.#fail(handshake, this.#reasonOf(value), now);
        break;
      case MonitorEvent.HANDSHAKE_FAILED_AUTH:
        // The door has said why; libzmq keeps the connection until the handshake's time is over.
        handshake.isSettled = true;
        break;
      case MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL:
        // The peer has closed it, as those do who only look whether somebody listens; or its time was over. Peers of ZMTP 1
        // and 2, whom only open endpoints let in, have no handshake that could succeed.
        if (this.#isGuarded && ageMs >= GUARDED_HANDSHAKE_MS - SLACK_MS) {
          this.#fail(handshake, `not finished within ${GUARDED_HANDSHAKE_MS / 1000} s`, now);
        }
        handshake.isSettled = true;
        break;
      case MonitorEvent.DISCONNECTED:
        // libzmq says nothing before it when the greeting already was wrong.
        if (ageMs < (this.#isGuarded ? GUARDED_HANDSHAKE_MS : OPEN_HANDSHAKE_MS)) {
          const versions = this.#isGuarded ? "ZMTP 3: another protocol, or libzmq before 4.0" : "ZMTP";
          this.#fail(handshake, `not ${versions}`, now);
        }
        this.#end(id, handshake);
        break;
      case MonitorEvent.HANDSHAKE_SUCCEEDED:
        this.#end(id, handshake);
    }
  }

  #accepted(id: string, address: string, { fd, port, now }: { fd: number; port: number; now: number }): void {
    const before = this.#open.get(id);
    if (before !== undefined) this.#end(id, before);
    const group = addressGroup(address);
    const count = this.#counts.get(group) ?? 0;
    const handshake = { address, group, acceptedAtMs: now, isSettled: false };
    if (this.#isGuarded && count >= MAX_HANDSHAKES) {
      // Nothing is known of it from now on, so its end says nothing more.
      this.#excess++;
      this.#fail(handshake, `more than ${MAX_HANDSHAKES} connections in handshake from one address`, now);
      this.#parts.close(fd, port);
      return;
    }
    this.#open.set(id, handshake);
    this.#counts.set(group, count + 1);
  }

  #end(id: string, { group }: Handshake): void {
    this.#open.delete(id);
    const count = this.#counts.get(group)! - 1;
    if (count === 0) this.#counts.delete(group);
    else this.#counts.set(group, count);
  }

  #fail(handshake: Handshake, reason: string, now: number): void {
    if (handshake.isSettled) return;
    handshake.isSettled = true;
    const { role } = this.#parts;
    const line = this.#lines.add({ role, address: handshake.address, reason, isGuarded: this.#isGuarded }, now);
    if (line !== undefined) this.#parts.onFailed(line);
  }

  #reasonOf(error: number): string {
    switch (error) {
      case WRONG_KEY:
        return "wrong public key of the queue";
      case OTHER_MECHANISM:
        return this.#parts.demand === "key"
          ? "no key: this endpoint asks for one (CURVE)"
          : "a key or password (CURVE, PLAIN), which this endpoint does not use";
      default:
        return "malformed handshake";
    }
  }
}
