import { assertEquals } from "@std/assert";
import { SharedBytes } from "../../../lib/queue/relay/shared_bytes.ts";

Deno.test("SharedBytes is empty when all that was added is removed, in whatever order, by either thread", () => {
  const sender = new SharedBytes();
  const receiver = new SharedBytes(sender.memory);
  for (const bytes of [1, 1024, 1025, 0]) sender.add(bytes);
  assertEquals([sender.bytes, receiver.bytes], [4096, 4096]);
  for (const bytes of [1025, 0, 1, 1024]) receiver.remove(bytes);
  assertEquals([sender.bytes, receiver.bytes], [0, 0]);
});

Deno.test("SharedBytes counts more bytes than 32 bits can hold", () => {
  const shared = new SharedBytes();
  for (let i = 0; i < 8; i++) shared.add(2 ** 32);
  assertEquals(shared.bytes, 2 ** 35);
});
