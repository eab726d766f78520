import { assertEquals } from "@std/assert";
import { TextCache } from "../../lib/zmq/text_cache.ts";
import { toBytes } from "../harness/peers.ts";

/** Identities of five bytes as libzmq gives them: a zero byte and a number, highest byte first. */
function givenIdentity(number: number): string {
  return String.fromCharCode(0, number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255);
}

Deno.test("TextCache.text() is the bytes as text, one character per byte, the first time and again", () => {
  const cache = new TextCache();
  const texts = ["", "a", "\0", "\xff\x00\x80", "0A2F-77C1", "x".repeat(255)];
  for (const text of [...texts, ...texts]) assertEquals(cache.text(toBytes(text), text.length), text);
});

Deno.test("TextCache.text() takes the first bytes only when the memory is longer", () => {
  const memory = toBytes("worker and what was there before");
  assertEquals(new TextCache().text(memory, 6), "worker");
});

Deno.test("TextCache.text() distinguishes texts that share a slot", () => {
  const cache = new TextCache();
  // More than there are slots, so that some of them meet, each time around.
  const texts = Array.from({ length: 40_000 }, (_, number) => givenIdentity(0x7f00_0000 + number * 7));
  for (let round = 0; round < 2; round++) {
    assertEquals(texts.findIndex((text) => cache.text(toBytes(text), 5) !== text), -1);
  }
});

Deno.test("TextCache.text() is not the text that was remembered when the memory has changed since", () => {
  const cache = new TextCache();
  const memory = toBytes("first");
  assertEquals(cache.text(memory, 5), "first");
  memory.set(toBytes("other"));
  assertEquals(cache.text(memory, 5), "other");
});
