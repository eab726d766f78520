/**
 * Ranges of IP addresses, for `--allow 10.1.0.0/16`.
 *
 * @module
 */

// IPv6 has many notations, including embedded IPv4.
import ipaddr from "ipaddr.js";

/** Addresses that begin with the same bits. */
export interface AddressRange {
  /** An address of the range. */
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  /** How many leading bits must match. */
  readonly prefix: number;
}

/**
 * Reads a range.
 *
 * @param text An IPv4 or IPv6 address, optionally with a prefix length, such as `10.1.0.0/16` or `fd00::/8`.
 * @returns The range.
 * @throws {RangeError} When it is not a range. The message is a phrase that says what a range looks like.
 */
export function parseAddressRange(text: string): AddressRange {
  const [, host = "", bits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (!ipaddr.IPv4.isValidFourPartDecimal(host) && !ipaddr.IPv6.isValid(host)) {
    throw new RangeError("a range is an IP address with or without a prefix, such as 10.1.0.0/16, 192.0.2.7, fd00::/8");
  }
  const address = ipaddr.parse(host);
  const [family, longest] = address.kind() === "ipv4" ? ["IPv4", 32] : ["IPv6", 128];
  const prefix = bits === undefined ? longest : Number(bits);
  if (prefix > longest) throw new RangeError(`the prefix of an ${family} range has at most ${longest} bits`);
  return { address, prefix };
}

/** A set of ranges, to look up single addresses in. */
export class AddressSet {
  readonly #ranges: readonly AddressRange[];

  /** @param ranges The ranges. */
  constructor(ranges: readonly AddressRange[]) {
    this.#ranges = ranges;
  }

  /**
   * Whether an address is in one of the ranges.
   *
   * @param address As libzmq reports it: `192.0.2.7`, `fd00::1`, `fe80::1%eth0`, or `::ffff:192.0.2.7` for an IPv4 peer
   * of an IPv6 endpoint. Anything else is in no range.
   */
  has(address: string): boolean {
    const plain = address.replace(/%.*$/, "");
    if (!ipaddr.isValid(plain)) return false;
    // IPv4 inside IPv6 becomes plain IPv4.
    const parsed = ipaddr.process(plain);
    return this.#ranges.some(({ address: range, prefix }) =>
      range.kind() === parsed.kind() && parsed.match(range, prefix)
    );
  }
}

/**
 * What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 address, since one host usually owns all
 * addresses with the same 64 bits.
 *
 * @param address As for {@linkcode AddressSet.has}.
 * @returns A key that is equal for addresses that count as one.
 */
export function addressGroup(address: string): string {
  const plain = address.replace(/%.*$/, "");
  if (!ipaddr.isValid(plain)) return address;
  const parsed = ipaddr.process(plain);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(":") : parsed.toString();
}
