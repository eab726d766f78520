/**
 * Decides who is let in: the answers to ZAP's requests. No sockets, no files, no clock.
 *
 * @module
 */

import type { AddressSet } from "../../access/address_range.ts";
import type { PeerRole, PermittedKey } from "../../access/permitted_keys.ts";

/** What a side of the queue requires of its peers. */
export interface SidePolicy {
  /** The addresses that are let in; `undefined`: every address. */
  readonly addresses: AddressSet | undefined;
  /** Whether a permitted key is required. */
  readonly needsKey: boolean;
}

/** A peer at the door. */
export interface Applicant {
  /** The side that it connected to, named by the role that the side is for. */
  readonly role: PeerRole;
  /** Its address, as ZAP reports it. */
  readonly address: string;
  /** Its public key, 40 characters of Z85, if it has one. */
  readonly publicKey: string | undefined;
}

/** Why a peer is refused. */
export type RefusalReason = "address not allowed" | "key not permitted" | "key permitted for the other role";

/** A peer that was refused. */
export interface Refusal extends Applicant {
  /** Why it was refused. */
  readonly reason: RefusalReason;
  /** The name of its key, if the list has it. */
  readonly name?: string;
}

/** What was decided. */
export type Decision =
  /** Let in. `key` is the entry of the list that permits it, if a key is required. */
  | { readonly permitted: true; readonly key: PermittedKey | undefined }
  | { readonly permitted: false; readonly reason: RefusalReason; readonly name?: string };

/** Decides by address and key. If a side requires both, both must be permitted. */
export class Admission {
  readonly #policies: Readonly<Record<PeerRole, SidePolicy>>;
  #keys: ReadonlyMap<string, PermittedKey> = new Map();

  /** @param policies What each side requires, by role. */
  constructor(policies: Readonly<Record<PeerRole, SidePolicy>>) {
    this.#policies = policies;
  }

  /**
   * Replaces the list of permitted keys.
   *
   * @param keys The new list.
   */
  permit(keys: readonly PermittedKey[]): void {
    this.#keys = new Map(keys.map((key) => [key.publicKey, key]));
  }

  /** How many keys are permitted. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * Decides about a peer.
   *
   * @param applicant The peer.
   * @returns Whether it is let in, or why not.
   */
  decide({ role, address, publicKey }: Applicant): Decision {
    const { addresses, needsKey } = this.#policies[role];
    if (addresses?.has(address) === false) return { permitted: false, reason: "address not allowed" };
    if (!needsKey) return { permitted: true, key: undefined };
    const key = publicKey === undefined ? undefined : this.#keys.get(publicKey);
    if (key === undefined) return { permitted: false, reason: "key not permitted" };
    if (!key.roles.includes(role)) {
      return { permitted: false, reason: "key permitted for the other role", name: key.name };
    }
    return { permitted: true, key };
  }

  /**
   * Whether a key is still permitted for a role, for connections that were let in before the list changed.
   *
   * @param publicKey The key.
   * @param role The role.
   */
  isPermitted(publicKey: string, role: PeerRole): boolean {
    return this.#keys.get(publicKey)?.roles.includes(role) === true;
  }
}
