/**
 * The queue's door: lets peers in by key and address, knows whose a connection is, and disconnects peers whose key is no
 * longer permitted. It works on the relay's thread.
 *
 * @module
 */

import { AddressSet, parseAddressRange } from "../../access/address_range.ts";
import type { PeerRole, PermittedKey } from "../../access/permitted_keys.ts";
import { ZAP_DOMAINS, type ZapVerdict } from "../../access/zap.ts";
import { encodeText } from "../../zmq/c_text.ts";
import { type ConnectionFd, connectionFd, endConnection } from "../../zmq/connection_fd.ts";
import { BytesOption, IntOption } from "../../zmq/constants.ts";
import type { Context } from "../../zmq/context.ts";
import type { Library } from "../../zmq/library.ts";
import type { Socket } from "../../zmq/socket.ts";
import { LateEnds } from "../late_ends.ts";
import { Admission, type Applicant, type Refusal } from "./admission.ts";
import { AdmittedConnections } from "./admitted.ts";
import { type Demand, GUARDED_HANDSHAKE_MS } from "./handshakes.ts";
import { type PeerLine, PeerLines, type RecentPeer } from "./peer_lines.ts";
import { ZapHandler } from "./zap_handler.ts";

/** How many random characters a given identity has. They are printable, since some peers treat frames as text. */
const IDENTITY_CHARACTERS = 16;
/** Separates them from the name of the key, which cannot contain it. */
const NAME_END = ":";

const USER_ID = encodeText("User-Id");
const DESCRIPTOR = encodeText("__fd");

/** The queue's own keys, and those that are permitted. */
export interface QueueKeys {
  /** The key folder. */
  readonly folder: string;
  /** 40 characters of Z85. */
  readonly publicKey: string;
  /** 40 characters of Z85. */
  readonly secretKey: string;
  /** The permitted keys. */
  readonly permitted: readonly PermittedKey[];
}

/** Who is let in. */
export interface AccessConfig {
  /** `undefined`: no keys are needed. */
  readonly keys: QueueKeys | undefined;
  /** The ranges of addresses that are let in on each side; `undefined`: every address. */
  readonly allow: Readonly<Record<PeerRole, readonly string[] | undefined>>;
}

/** Reads a property of the last received message by its name, a C string. */
export type ReadProperty = (name: Uint8Array<ArrayBuffer>) => string | undefined;

/** What a {@linkcode Door} needs. */
export interface DoorParts {
  /** libzmq. */
  readonly library: Library;
  /** The context of the sockets that it guards. */
  readonly context: Context;
  /** How many I/O threads the context has. */
  readonly ioThreads: number;
  /** Who is let in. */
  readonly config: AccessConfig;
  /** Receives log lines about refused peers. */
  readonly onRefused: (line: PeerLine<Refusal>) => void;
  /**
   * Receives the names of keys that are no longer permitted and have connections, and the identities of those connections that
   * cannot be closed yet, because they have sent nothing.
   */
  readonly onShownOut: (names: readonly string[], silent: readonly string[]) => void;
}

/** The door; see the module. */
export class Door implements Disposable {
  readonly #parts: DoorParts;
  readonly #admission: Admission;
  readonly #admitted = new AdmittedConnections();
  /** Connections whose first message has been checked. */
  readonly #seen = new Set<string>();
  /** Connections to be closed, by identity. */
  readonly #unwanted = new Map<string, ConnectionFd>();
  readonly #lateEnds = new LateEnds<string>((identity) => this.#end(identity));
  /** Refused peers by key, or by address if they have no key. */
  readonly #refusals = new PeerLines<Refusal>(({ role, publicKey, address }) => `${role} ${publicKey ?? address}`);
  readonly #refusedByReason: Partial<Record<Refusal["reason"], number>> = {};
  readonly #handler: ZapHandler;

  /**
   * Opens the door. Create it before the sockets are bound.
   *
   * @param parts What it needs.
   * @throws {ZmqError} When libzmq fails.
   */
  constructor(parts: DoorParts) {
    this.#parts = parts;
    const { library, context, ioThreads, config: { keys, allow } } = parts;
    const policyOf = (role: PeerRole) => {
      const ranges = allow[role];
      return { needsKey: keys !== undefined, addresses: ranges && new AddressSet(ranges.map(parseAddressRange)) };
    };
    this.#admission = new Admission({ client: policyOf("client"), worker: policyOf("worker") });
    if (keys !== undefined) this.#admission.permit(keys.permitted);
    const keyedThreads = keys === undefined ? undefined : ioThreads;
    this.#handler = new ZapHandler(library, context, keyedThreads, (applicant, now) => this.#decide(applicant, now));
  }

  /** `ZMQ_FD` of its sockets: when one is readable, call {@linkcode Door.read}. */
  get fds(): number[] {
    return this.#handler.fds;
  }

  /** How often peers were refused. */
  get refused(): number {
    return this.#refusals.total;
  }

  /** Whether peers need keys. */
  get needsKeys(): boolean {
    return this.#parts.config.keys !== undefined;
  }

  /** How often peers were refused for each reason. */
  get refusedByReason(): Readonly<Partial<Record<Refusal["reason"], number>>> {
    return { ...this.#refusedByReason };
  }

  /**
   * The peers that were refused lately, latest first.
   *
   * @param now The time, in milliseconds.
   */
  refusedLately(now: number): RecentPeer<Refusal>[] {
    return this.#refusals.recent(now);
  }

  /** How many keys are permitted. */
  get keys(): number {
    return this.#admission.size;
  }

  /**
   * What the `tcp://` endpoints of a side require.
   *
   * @param role The role that the side is for.
   */
  demandOf(role: PeerRole): Demand {
    const { keys, allow } = this.#parts.config;
    if (keys !== undefined) return "key";
    return allow[role] === undefined ? "nothing" : "address";
  }

  /**
   * Whether an endpoint is guarded. Endpoints of `ipc://` are not: their file modes protect them.
   *
   * @param role The role that the endpoint's side is for.
   * @param endpoint The endpoint.
   */
  guards(role: PeerRole, endpoint: string): boolean {
    return !endpoint.startsWith("ipc://") && this.demandOf(role) !== "nothing";
  }

  /**
   * Makes a ROUTER ask the door about the peers of each endpoint that it binds from now on: libzmq applies these options
   * when it binds. A domain cannot be removed again.
   *
   * @param socket The ROUTER.
   * @param role The role that it is for.
   */
  guard(socket: Socket, role: PeerRole): void {
    const { keys } = this.#parts.config;
    socket.setInt(IntOption.HANDSHAKE_IVL, GUARDED_HANDSHAKE_MS);
    socket.setBytes(BytesOption.ZAP_DOMAIN, new TextEncoder().encode(ZAP_DOMAINS[role]));
    socket.setInt(IntOption.ZAP_ENFORCE_DOMAIN, 1);
    if (keys === undefined) return;
    socket.setInt(IntOption.CURVE_SERVER, 1);
    socket.setBytes(BytesOption.CURVE_SECRETKEY, encodeText(keys.secretKey));
  }

  /**
   * Answers the requests that its sockets have received.
   *
   * @param now The time, in milliseconds.
   */
  read(now: number): void {
    this.#handler.read(now);
  }

  /**
   * Closes connections that are due, and forgets unfinished handshakes, which need no wake-up of their own.
   *
   * @param now The time, in milliseconds.
   * @returns Milliseconds to the next one, rounded up; -1 when there is none.
   */
  tick(now: number): number {
    this.#admitted.forgetUnfinished(now);
    return this.#lateEnds.tick(now);
  }

  /**
   * A connection's handshake is over, or its peer has sent an empty message, which looks the same.
   *
   * @param identity Its identity.
   * @returns Whether its key is still permitted.
   */
  connected(identity: string): boolean {
    this.#admitted.connected(identity);
    const connection = this.#admitted.find(identity);
    if (connection !== undefined && !this.#admission.isPermitted(connection.publicKey, connection.role)) return false;
    this.#seen.delete(identity);
    this.#unwanted.delete(identity);
    return true;
  }

  /** A connection has ended. */
  gone(identity: string): void {
    this.#seen.delete(identity);
    this.#unwanted.delete(identity);
    this.#admitted.gone(identity);
  }

  /**
   * Whether a message may be read. With keys, a connection's first message shows whether it has the identity that it was
   * given. If it has another, or its key is no longer permitted, it is closed a moment later, unless it has ended by then:
   * its descriptor may already belong to a new connection.
   *
   * @param identity The sender's identity.
   * @param role The role that the side is for.
   * @param readProperty Reads the message's properties.
   * @param now The time, in milliseconds.
   */
  accepts(identity: string, role: PeerRole, readProperty: ReadProperty, now: number): boolean {
    if (this.#parts.config.keys === undefined || this.#seen.has(identity)) return true;
    const given = readProperty(USER_ID);
    const connection = this.#admitted.find(identity);
    // A connection over ipc passed no ZAP handler and was given no identity.
    const isUnguarded = (given === undefined || given === "") && connection === undefined;
    if (!isUnguarded) {
      const { symbols } = this.#parts.library;
      const descriptor = connectionFd(symbols, Number(readProperty(DESCRIPTOR)));
      const isItself = given === identity && connection !== undefined;
      if (!isItself || !this.#admission.isPermitted(connection.publicKey, role)) {
        if (descriptor !== undefined && !this.#unwanted.has(identity)) {
          this.#unwanted.set(identity, descriptor);
          this.#lateEnds.add(identity, now);
        }
        return false;
      }
      this.#admitted.identify(identity, descriptor);
    }
    this.#seen.add(identity);
    return true;
  }

  /**
   * Whether an identity was given to a connection that has not ended, so that no other connection can have it.
   *
   * @param identity An identity.
   */
  gave(identity: string): boolean {
    return this.#admitted.find(identity) !== undefined;
  }

  /** The name of a connection's key, if it was let in by one. */
  nameOf(identity: string): string | undefined {
    return this.#admitted.find(identity)?.name;
  }

  /**
   * Replaces the list of permitted keys, and closes connections whose key is no longer in it. A connection that has sent
   * nothing yet is closed at its first message.
   *
   * @param keys The new list.
   */
  permit(keys: readonly PermittedKey[]): void {
    this.#admission.permit(keys);
    const { symbols } = this.#parts.library;
    const names = new Set<string>();
    const silent: string[] = [];
    for (const { identity, publicKey, role, name, descriptor } of this.#admitted) {
      if (this.#admission.isPermitted(publicKey, role)) continue;
      names.add(name);
      if (descriptor === undefined) silent.push(identity);
      else endConnection(symbols, descriptor);
    }
    if (names.size > 0) this.#parts.onShownOut([...names], silent);
  }

  /** Closes the door: nobody else is let in. */
  close(): void {
    this.#handler.close();
  }

  /** Like {@linkcode Door.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #end(identity: string): void {
    const connection = this.#unwanted.get(identity);
    this.#unwanted.delete(identity);
    if (connection !== undefined) endConnection(this.#parts.library.symbols, connection);
  }

  #decide(applicant: Applicant, now: number): ZapVerdict {
    const decision = this.#admission.decide(applicant);
    if (!decision.permitted) {
      const { permitted: _, ...why } = decision;
      this.#refusedByReason[why.reason] = (this.#refusedByReason[why.reason] ?? 0) + 1;
      const line = this.#refusals.add({ ...applicant, ...why }, now);
      if (line !== undefined) this.#parts.onRefused(line);
      return { permitted: false };
    }
    if (decision.key === undefined) return { permitted: true, userId: "" };
    const { publicKey, name } = decision.key;
    const identity = makeIdentity(name);
    this.#admitted.admit({ identity, publicKey, name, role: applicant.role, address: applicant.address }, now);
    // The identity is also the User-Id of its messages, which no peer can choose.
    return { permitted: true, userId: identity, identity: new TextEncoder().encode(identity) };
  }
}

/** The key's name and text that no peer can guess. With the name in it, whatever shows the identity also shows whose it is. */
function makeIdentity(name: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(IDENTITY_CHARACTERS * 3 / 4));
  return name + NAME_END + bytes.toBase64({ alphabet: "base64url" });
}
