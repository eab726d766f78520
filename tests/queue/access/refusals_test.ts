import { assertEquals } from "@std/assert";
import { type Refusal, Refusals } from "../../../lib/queue/access/refusals.ts";

function refusal(publicKey: string): Refusal {
  return { role: "worker", address: "192.0.2.1", publicKey, reason: "key not permitted" };
}

Deno.test("Refusals.add() gives a line for a peer once a minute, with the count since the last line", () => {
  const refusals = new Refusals();
  assertEquals(refusals.add(refusal("a"), 0)?.count, 1);
  assertEquals(refusals.add(refusal("a"), 10_000), undefined);
  assertEquals(refusals.add(refusal("b"), 20_000)?.count, 2);
  assertEquals(refusals.add(refusal("a"), 59_999), undefined);
  assertEquals(refusals.add(refusal("a"), 60_000), { ...refusal("a"), count: 2 });
  assertEquals(refusals.total, 5);
});

Deno.test("Refusals.add() gives 20 lines a minute when every peer is another one", () => {
  const refusals = new Refusals();
  const lines = Array.from({ length: 5000 }, (_, index) => refusals.add(refusal(`${index}`), index)).filter(Boolean);
  assertEquals(lines.length, 20);
  assertEquals(refusals.recent.length, 1000);
  assertEquals(refusals.recent[0], refusal("4999"));
  assertEquals(refusals.add(refusal("next"), 60_000)?.count, 5000 - 20 + 1);
});

Deno.test("Refusals.add() knows a peer without a key by its address", () => {
  const refusals = new Refusals();
  const from = (address: string): Refusal => ({
    role: "client",
    address,
    publicKey: undefined,
    reason: "address not allowed",
  });
  assertEquals([refusals.add(from("a"), 0)?.count, refusals.add(from("a"), 1), refusals.add(from("b"), 2)?.count], [
    1,
    undefined,
    2,
  ]);
});
