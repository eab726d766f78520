import { assertEquals } from "@std/assert";
import { refusableBytes, sendingSentence, wasBeingSent } from "../lib/sending.ts";

Deno.test("refusableBytes() is the size of the largest frame, 0 when no queue refuses it", () => {
  const frames = (...sizes: number[]) => sizes.map((size) => new Uint8Array(size));
  assertEquals(refusableBytes(frames(3, 5000, 2000)), 5000);
  assertEquals(refusableBytes(frames(1024)), 1024);
  assertEquals(refusableBytes(frames(1023, 1023)), 0);
  assertEquals(refusableBytes([]), 0);
});

Deno.test("wasBeingSent() allows for the time that sending takes, and the refusal", () => {
  assertEquals(wasBeingSent(2000, 200), true);
  assertEquals(wasBeingSent(2000, 300), false);
  assertEquals(wasBeingSent(10_000_000, 10_000), true);
  assertEquals(wasBeingSent(10_000_000, 11_000), false);
  assertEquals(wasBeingSent(0, 0), false);
});

Deno.test("sendingSentence() names size and limit", () => {
  assertEquals(
    sendingSentence("a request", 2_000_000),
    "the connection was closed while a request of 2000000 bytes was being sent: the queue's --max-message-size may be smaller",
  );
});
