import { assertEquals } from "@std/assert";
import { toPermit } from "../../../lib/queue/access/to_permit.ts";

const PEER = { role: "worker", address: "192.0.2.1", publicKey: "a$b" } as const;

Deno.test("toPermit() says what to type to a shell, or what to change, for each reason", () => {
  assertEquals(
    toPermit({ ...PEER, reason: "key not permitted" }, "/etc/my keys"),
    "spqueue key add worker NAME --public-key='a$b' --keys '/etc/my keys'",
  );
  assertEquals(
    toPermit({ ...PEER, reason: "key permitted for the other role" }, "/etc/keys"),
    "make its role client,worker in /etc/keys/permitted",
  );
  assertEquals(
    toPermit({ ...PEER, reason: "address not allowed" }, undefined),
    "start the queue with --allow 192.0.2.1",
  );
});
