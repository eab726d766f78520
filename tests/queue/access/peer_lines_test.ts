import { assertEquals } from "@std/assert";
import type { Refusal } from "../../../lib/queue/access/admission.ts";
import { PeerLines } from "../../../lib/queue/access/peer_lines.ts";

function idOf({ publicKey, address }: Refusal): string {
  return publicKey ?? address;
}

function refusal(publicKey: string): Refusal {
  return { role: "worker", address: "192.0.2.1", publicKey, reason: "key not permitted" };
}

Deno.test("PeerLines.add() gives a line for a peer once a minute, with the count since the last line", () => {
  const lines = new PeerLines(idOf);
  assertEquals(lines.add(refusal("a"), 0)?.count, 1);
  assertEquals(lines.add(refusal("a"), 10_000), undefined);
  assertEquals(lines.add(refusal("b"), 20_000)?.count, 2);
  assertEquals(lines.add(refusal("a"), 59_999), undefined);
  assertEquals(lines.add(refusal("a"), 60_000), { ...refusal("a"), count: 2 });
  assertEquals(lines.total, 5);
});

Deno.test("PeerLines.add() gives 20 lines a minute when every peer is another one", () => {
  const lines = new PeerLines(idOf);
  const passed = Array.from({ length: 5000 }, (_, index) => lines.add(refusal(`${index}`), index)).filter(Boolean);
  assertEquals(passed.length, 20);
  assertEquals(lines.recent.length, 1000);
  assertEquals(lines.recent[0], refusal("4999"));
  assertEquals(lines.add(refusal("next"), 60_000)?.count, 5000 - 20 + 1);
});
