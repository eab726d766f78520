import { assertEquals, assertThrows } from "@std/assert";
import { encodeText } from "../../lib/zmq/c_text.ts";

Deno.test("encodeText() refuses a NUL character when one is inside", () => {
  assertThrows(() => encodeText("a\0b"), RangeError, "it contains a NUL character");
  assertEquals(encodeText("ab"), Uint8Array.of(97, 98, 0));
});
