import { assertEquals, assertThrows } from "@std/assert";
import { addressGroup, AddressSet, parseAddressRange } from "../../lib/access/address_range.ts";

function isIn(address: string, ...ranges: string[]): boolean {
  return new AddressSet(ranges.map(parseAddressRange)).has(address);
}

Deno.test("AddressSet.has() compares only the bits of the prefix", () => {
  assertEquals(isIn("10.1.255.255", "10.1.0.0/16"), true);
  assertEquals(isIn("10.2.0.0", "10.1.0.0/16"), false);
  assertEquals(isIn("192.0.2.7", "192.0.2.7"), true);
  assertEquals(isIn("192.0.2.8", "192.0.2.7"), false);
  assertEquals(isIn("203.0.113.9", "10.0.0.0/8", "0.0.0.0/0"), true);
  assertEquals(isIn("fd00:0:0:1::5", "fd00::/8"), true);
  assertEquals(isIn("fe80::1%eth0", "fe80::/10"), true);
  assertEquals(isIn("::1", "fd00::/8"), false);
});

Deno.test("AddressSet.has() treats an IPv4 peer at an IPv6 endpoint as an IPv4 address", () => {
  assertEquals(isIn("::ffff:10.1.2.3", "10.1.0.0/16"), true);
  assertEquals(isIn("::ffff:10.2.2.3", "10.1.0.0/16"), false);
  assertEquals(isIn("10.1.2.3", "::/0"), false);
});

Deno.test("addressGroup() is the same for the addresses that one host usually has", () => {
  const groups: ReadonlyArray<readonly [string, string, boolean]> = [
    ["192.0.2.1", "192.0.2.1", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["::ffff:192.0.2.1", "192.0.2.1", true],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["2001:db8::1", "2001:db8::ffff:1:2:3", true],
    ["2001:db8::1", "2001:db8:0:1::1", false],
    ["fe80::1%eth0", "fe80::2%eth0", true],
    ["nonsense", "other", false],
  ];
  for (const [one, other, isSame] of groups) assertEquals(addressGroup(one) === addressGroup(other), isSame, other);
});

Deno.test("AddressSet.has() is false when the address is not an IP address", () => {
  for (const address of ["", "localhost:0:0:1", "queue.example"]) {
    assertEquals(isIn(address, "0.0.0.0/0", "::/0"), false);
  }
});

Deno.test("parseAddressRange() says what is right when the text is not a range", () => {
  for (const text of ["", "queue.example", "10.1", "10.1.0.0/", "10.1.0.0/x", "1::2::3", "[::1]"]) {
    assertThrows(() => parseAddressRange(text), RangeError, "a range is an IP address");
  }
  assertThrows(() => parseAddressRange("10.1.0.0/33"), RangeError, "at most 32 bits");
  assertThrows(() => parseAddressRange("::/129"), RangeError, "at most 128 bits");
});
