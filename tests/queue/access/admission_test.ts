import { assertEquals } from "@std/assert";
import { AddressSet, parseAddressRange } from "../../../lib/access/address_range.ts";
import type { PermittedKey } from "../../../lib/access/permitted_keys.ts";
import { Admission, type SidePolicy } from "../../../lib/queue/access/admission.ts";

const WORKER: PermittedKey = { publicKey: "w".repeat(40), roles: ["worker"], name: "thumb1" };
const BOTH: PermittedKey = { publicKey: "b".repeat(40), roles: ["client", "worker"], name: "ops" };
const LOCAL = new AddressSet([parseAddressRange("10.0.0.0/8")]);

function admission(policy: SidePolicy): Admission {
  const admission = new Admission({ client: policy, worker: policy });
  admission.permit([WORKER, BOTH]);
  return admission;
}

Deno.test("Admission.decide() asks for a key of the side's role when keys are needed", () => {
  const door = admission({ addresses: undefined, needsKey: true });
  const decide = (role: "client" | "worker", publicKey?: string) =>
    door.decide({ role, publicKey, address: "192.0.2.1" });
  assertEquals(decide("worker", WORKER.publicKey), { permitted: true, key: WORKER });
  assertEquals(decide("client", BOTH.publicKey), { permitted: true, key: BOTH });
  assertEquals(decide("client", WORKER.publicKey), {
    permitted: false,
    reason: "key permitted for the other role",
    name: "thumb1",
  });
  assertEquals(decide("worker", "x".repeat(40)), { permitted: false, reason: "key not permitted" });
  assertEquals(decide("worker"), { permitted: false, reason: "key not permitted" });
});

Deno.test("Admission.decide() asks for the address too when ranges are given", () => {
  const applicant = { role: "worker", publicKey: WORKER.publicKey } as const;
  const withKeys = admission({ addresses: LOCAL, needsKey: true });
  assertEquals(withKeys.decide({ ...applicant, address: "10.1.1.1" }).permitted, true);
  assertEquals(withKeys.decide({ ...applicant, address: "11.1.1.1" }), {
    permitted: false,
    reason: "address not allowed",
  });
  const withoutKeys = admission({ addresses: LOCAL, needsKey: false });
  assertEquals(withoutKeys.decide({ role: "client", publicKey: undefined, address: "10.1.1.1" }), {
    permitted: true,
    key: undefined,
  });
});

Deno.test("Admission.isPermitted() follows the list", () => {
  const door = admission({ addresses: undefined, needsKey: true });
  assertEquals(door.isPermitted(WORKER.publicKey, "worker"), true);
  assertEquals(door.isPermitted(WORKER.publicKey, "client"), false);
  door.permit([BOTH]);
  assertEquals([door.isPermitted(WORKER.publicKey, "worker"), door.size], [false, 1]);
});
