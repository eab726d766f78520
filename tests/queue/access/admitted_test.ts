import { assertEquals } from "@std/assert";
import { AdmittedConnections } from "../../../lib/queue/access/admitted.ts";

const CONNECTION = {
  identity: "a",
  publicKey: "k".repeat(40),
  name: "thumb1",
  role: "worker",
  address: "::1",
} as const;

Deno.test("AdmittedConnections.find() knows a connection from its admission to its end", () => {
  const admitted = new AdmittedConnections();
  admitted.admit(CONNECTION, 0);
  assertEquals(admitted.find("a"), { ...CONNECTION, descriptor: undefined, expiresAtMs: 10_000 } as unknown);
  admitted.identify("a", { fd: 5, mark: "0200" });
  admitted.identify("b", { fd: 6, mark: "0200" });
  assertEquals([admitted.find("a")?.descriptor?.fd, admitted.size], [5, 1]);
  admitted.gone("a");
  assertEquals([admitted.find("a"), admitted.size], [undefined, 0]);
});

Deno.test("AdmittedConnections.forgetUnfinished() forgets connections that have not connected within 10 s", () => {
  const admitted = new AdmittedConnections();
  for (const identity of ["unfinished", "connected", "identified"]) admitted.admit({ ...CONNECTION, identity }, 0);
  admitted.connected("connected");
  admitted.connected("unknown");
  admitted.identify("identified", { fd: 7, mark: "0200" });
  admitted.forgetUnfinished(9999);
  assertEquals(admitted.size, 3);
  admitted.forgetUnfinished(10_000);
  assertEquals([...admitted].map(({ identity }) => identity), ["connected", "identified"]);
});
