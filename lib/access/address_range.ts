/**
 * Ranges of IP addresses, for `--allow 10.1.0.0/16`.
 *
 * @module
 */

import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Addresses that begin with the same bits. */
export interface AddressRange {
  /** As the user wrote it. */
  readonly text: string;
  readonly address: string;
  /** How many bits count. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/**
 * Reads a range.
 *
 * @param text An IPv4 or IPv6 address, or one with the length of its prefix, such as `10.1.0.0/16` or `fd00::/8`.
 * @returns The range.
 * @throws {RangeError} When it is not a range, with a phrase that says what is right.
 */
export function parseAddressRange(text: string): AddressRange {
  const [, address = "", bits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) {
    throw new RangeError("a range is an IP address or one with a prefix, such as 10.1.0.0/16, 192.0.2.7, fd00::/8");
  }
  const longest = family === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (prefix > longest) {
    throw new RangeError(`the prefix of an ${family === "ipv4" ? "IPv4" : "IPv6"} range has at most ${longest} bits`);
  }
  return { text, address, prefix, family };
}

/** A set of ranges that is asked for single addresses. */
export class AddressSet {
  readonly #list = new BlockList();

  /** @param ranges The ranges. */
  constructor(ranges: readonly AddressRange[]) {
    for (const { address, prefix, family } of ranges) this.#list.addSubnet(address, prefix, family);
  }

  /**
   * Whether an address is in one of the ranges.
   *
   * @param address As libzmq tells it: `192.0.2.7`, `fd00::1`, `fe80::1%eth0`, or `::ffff:192.0.2.7` for an IPv4 peer at an
   * IPv6 endpoint.
   */
  has(address: string): boolean {
    const plain = address.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
    if (isIPv4(plain)) return this.#list.check(plain, "ipv4");
    return isIPv6(plain) && this.#list.check(plain, "ipv6");
  }
}
