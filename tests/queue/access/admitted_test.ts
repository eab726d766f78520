import { assertEquals } from "@std/assert";
import { AdmittedConnections } from "../../../lib/queue/access/admitted.ts";

const CONNECTION = {
  identity: "a",
  publicKey: "k".repeat(40),
  name: "thumb1",
  role: "worker",
  address: "::1",
} as const;

Deno.test("AdmittedConnections.identify() is true for the connection that was given the identity alone", () => {
  const admitted = new AdmittedConnections();
  admitted.admit(CONNECTION, 0);
  assertEquals(admitted.identify("b", { identity: "a", fd: 5 }), false);
  assertEquals(admitted.identify("a", { identity: "b", fd: 5 }), false);
  assertEquals(admitted.identify("a", { identity: undefined, fd: 5 }), false);
  assertEquals(admitted.find("a")?.fd, undefined);
  assertEquals(admitted.identify("a", { identity: "a", fd: 5 }), true);
  assertEquals(admitted.find("a")?.fd, 5);
  admitted.gone("a");
  assertEquals([admitted.find("a"), admitted.identify("a", { identity: "a", fd: 5 })], [undefined, false]);
});

Deno.test("AdmittedConnections.forgetUnfinished() forgets connections that have not connected within 10 s", () => {
  const admitted = new AdmittedConnections();
  for (const identity of ["unfinished", "connected", "identified"]) admitted.admit({ ...CONNECTION, identity }, 0);
  assertEquals(admitted.connected("connected"), true);
  assertEquals(admitted.connected("unknown"), false);
  admitted.identify("identified", { identity: "identified", fd: 7 });
  admitted.forgetUnfinished(9999);
  assertEquals(admitted.size, 3);
  admitted.forgetUnfinished(10_000);
  assertEquals([...admitted].map(({ identity }) => identity), ["connected", "identified"]);
});
