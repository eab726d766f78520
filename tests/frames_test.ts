import { assertEquals } from "@std/assert";
import { concatenate } from "../lib/frames.ts";

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

Deno.test("concatenate() puts pieces one after the other", () => {
  assertEquals(concatenate([]), new Uint8Array());
  assertEquals(concatenate([encode("a")]), encode("a"));
  assertEquals(concatenate([encode("a"), encode(""), encode("bc")]), encode("abc"));
});
