import { assertEquals } from "@std/assert";
import { BoundedBytes } from "../../../lib/worker/exec/bounded_bytes.ts";

Deno.test("BoundedBytes.join() returns the pieces in one when they are within the bound", () => {
  const bytes = new BoundedBytes(5);
  assertEquals(bytes.join(), new Uint8Array(0));
  for (const chunk of [[1, 2], [], [3, 4, 5]]) bytes.add(new Uint8Array(chunk));
  assertEquals([bytes.length, bytes.isOverLimit], [5, false]);
  assertEquals(bytes.join(), new Uint8Array([1, 2, 3, 4, 5]));
});

Deno.test("BoundedBytes keeps nothing when more than the bound came", () => {
  const bytes = new BoundedBytes(2);
  for (const chunk of [[1, 2], [3], [4]]) bytes.add(new Uint8Array(chunk));
  assertEquals([bytes.length, bytes.isOverLimit], [4, true]);
  assertEquals(bytes.join(), new Uint8Array(0));
});
