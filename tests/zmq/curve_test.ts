import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { encodeKey, makeKeyPair, publicKeyOf } from "../../lib/zmq/curve.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { scenario } from "../harness/scenario.ts";

scenario(
  "makeKeyPair() makes another pair each time, whose public key belongs to the secret one",
  ["ffi"],
  async () => {
    const library = await loadLibrary();
    const [one, other] = [makeKeyPair(library), makeKeyPair(library)];
    assertNotEquals(one, other);
    for (const { publicKey, secretKey } of [one, other]) {
      assertMatch(publicKey, /^\S{40}$/);
      assertEquals(publicKeyOf(library, secretKey), publicKey);
    }
  },
);

scenario("encodeKey() writes 32 bytes as 40 characters of Z85", ["ffi"], async () => {
  const library = await loadLibrary();
  // The example of ZeroMQ's RFC 32, four times.
  const bytes = new Uint8Array([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
  assertEquals(encodeKey(library, new Uint8Array([...bytes, ...bytes, ...bytes, ...bytes])), "HelloWorld".repeat(4));
  assertThrows(() => encodeKey(library, bytes), RangeError, "A key has 32 bytes, this has 8");
});
