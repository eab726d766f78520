import { assertEquals } from "@std/assert";
import type { Refusal } from "../../../lib/queue/access/admission.ts";
import { PeerLines } from "../../../lib/queue/access/peer_lines.ts";

function idOf({ publicKey, address }: Refusal): string {
  return publicKey ?? address;
}

function refusal(publicKey: string): Refusal {
  return { role: "worker", address: "192.0.2.1", publicKey, reason: "key not permitted" };
}

Deno.test("PeerLines.add() returns one line per peer and minute, with the count since the last line", () => {
  const lines = new PeerLines(idOf);
  assertEquals(lines.add(refusal("a"), 0)?.count, 1);
  assertEquals(lines.add(refusal("a"), 10_000), undefined);
  assertEquals(lines.add(refusal("b"), 20_000)?.count, 2);
  assertEquals(lines.add(refusal("a"), 59_999), undefined);
  assertEquals(lines.add(refusal("a"), 60_000), { ...refusal("a"), count: 2 });
  assertEquals(lines.total, 5);
});

Deno.test("PeerLines.add() returns at most 20 lines per minute when every peer is a different one", () => {
  const lines = new PeerLines(idOf);
  const passed = Array.from({ length: 5000 }, (_, index) => lines.add(refusal(`${index}`), index)).filter(Boolean);
  assertEquals(passed.length, 20);
  assertEquals(lines.recent(5000).length, 100);
  assertEquals(lines.add(refusal("next"), 60_000)?.count, 5000 - 20 + 1);
});

Deno.test("PeerLines.recent() lists each peer once for five minutes, most recent first, with its count", () => {
  const lines = new PeerLines(idOf);
  lines.add(refusal("a"), 0);
  lines.add(refusal("b"), 1000);
  lines.add(refusal("a"), 2000);
  assertEquals(lines.recent(3000), [
    { ...refusal("a"), count: 2, ageMs: 1000 },
    { ...refusal("b"), count: 1, ageMs: 2000 },
  ]);
  assertEquals(lines.recent(301_000).map(({ publicKey }) => publicKey), ["a"]);
  assertEquals(lines.recent(302_000), []);
  lines.add(refusal("a"), 400_000);
  assertEquals(lines.recent(400_000), [{ ...refusal("a"), count: 1, ageMs: 0 }]);
});
