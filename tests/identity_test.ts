import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { makeIdentity, printableIdentity } from "../lib/identity.ts";

Deno.test("makeIdentity() is %04X-%04X of two random numbers", () => {
  const numbers = [0x00ab / 0x10000, 0xffff / 0x10000, 0, 0.9999999999];
  const random = () => numbers.shift()!;
  assertEquals(makeIdentity(random), "00AB-FFFF");
  assertEquals(makeIdentity(random), "0000-FFFF");
});

Deno.test("makeIdentity() makes a different identity each time when it is given no numbers", () => {
  const identities = Array.from({ length: 50 }, () => makeIdentity());
  for (const identity of identities) assertMatch(identity, /^[0-9A-F]{4}-[0-9A-F]{4}$/);
  assertEquals(new Set(identities).size, 50);
});

Deno.test("printableIdentity() shows printable ASCII unchanged, and otherwise the bytes", () => {
  assertEquals(printableIdentity("00AB-FFFF"), "00AB-FFFF");
  assertEquals(printableIdentity("!~"), "!~");
  assertEquals(printableIdentity("\x00k\x8bEg"), "0x006b8b4567");
  assertEquals(printableIdentity("two words"), "0x74776f20776f726473");
  assertEquals(printableIdentity("line\n"), "0x6c696e650a");
  assertEquals(printableIdentity("\x1b[31m"), "0x1b5b33316d");
  assertEquals(printableIdentity("\x7f"), "0x7f");
  assertEquals(printableIdentity(""), "0x");
});

Deno.test("printableIdentity() shows bytes when the text looks like bytes itself", () => {
  assertEquals(printableIdentity("0x41"), "0x30783431");
});

Deno.test("printableIdentity() shows any two identities differently, and on one line", () => {
  const identity = fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)), maxLength: 6 });
  fc.assert(fc.property(identity, identity, (one, other) => {
    assertMatch(printableIdentity(one), /^[!-~]+$/);
    assertEquals(printableIdentity(one) === printableIdentity(other), one === other);
  }));
});
