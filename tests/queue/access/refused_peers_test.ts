import { assertEquals } from "@std/assert";
import { refusedPeers } from "../../../lib/queue/access/refused_peers.ts";

const REFUSED = {
  role: "client",
  address: "192.0.2.1",
  publicKey: "key",
  reason: "key permitted for the other role",
  name: "thumb1",
  count: 3,
  ageMs: 2000,
} as const;
const FAILED = {
  role: "worker",
  address: "192.0.2.2",
  reason: "malformed",
  isGuarded: true,
  count: 1,
  ageMs: 1000,
} as const;

Deno.test("refusedPeers() returns one list, most recent first, with what to do if that is known", () => {
  assertEquals(refusedPeers([REFUSED], [FAILED], "keys"), [
    { role: "worker", address: "192.0.2.2", reason: "malformed", count: 1, ageMs: 1000 },
    { ...REFUSED, toPermit: "make its role client,worker in keys/permitted" },
  ]);
});

Deno.test("refusedPeers() returns at most 100 peers", () => {
  const failures = Array.from({ length: 100 }, (_, index) => ({ ...FAILED, ageMs: index }));
  const peers = refusedPeers([REFUSED], failures, "keys");
  assertEquals([peers.length, peers[0]!.ageMs, peers.at(-1)!.ageMs], [100, 0, 99]);
});
