import { assertEquals } from "@std/assert";
import { type Takeover, WorkerAddresses } from "../../../lib/queue/relay/worker_addresses.ts";

/** What is known of addresses, and the takeovers that were reported. */
function recorded(): { addresses: WorkerAddresses; takeovers: Takeover[] } {
  const takeovers: Takeover[] = [];
  return { addresses: new WorkerAddresses((takeover) => takeovers.push(takeover)), takeovers };
}

Deno.test("WorkerAddresses reports a takeover with both addresses when the new connection is heard", () => {
  const { addresses, takeovers } = recorded();
  addresses.connected("A");
  addresses.heard("A", () => "10.0.0.1");
  addresses.connected("A");
  assertEquals(takeovers, []);
  addresses.heard("A", () => "10.0.0.2");
  addresses.heard("A", () => "never read");
  assertEquals(takeovers, [{ worker: "A", previousAddress: "10.0.0.1", address: "10.0.0.2" }]);
});

Deno.test("WorkerAddresses reports a takeover without the addresses that are not known", () => {
  const { addresses, takeovers } = recorded();
  addresses.connected("A");
  addresses.connected("A");
  // Nothing was heard of the second one either when the third came.
  addresses.connected("A");
  addresses.heard("A", () => "10.0.0.3");
  addresses.connected("A");
  addresses.gone("A");
  assertEquals(takeovers, [
    { worker: "A", previousAddress: undefined, address: undefined },
    { worker: "A", previousAddress: undefined, address: "10.0.0.3" },
    { worker: "A", previousAddress: "10.0.0.3", address: undefined },
  ]);
});

Deno.test("WorkerAddresses reports nothing when a connection ended before the next one came", () => {
  const { addresses, takeovers } = recorded();
  for (const address of ["10.0.0.1", "10.0.0.2"]) {
    addresses.connected("A");
    addresses.heard("A", () => address);
    addresses.gone("A");
  }
  assertEquals(takeovers, []);
});

Deno.test("WorkerAddresses ignores connections that it was not told of", () => {
  const { addresses, takeovers } = recorded();
  addresses.heard("A", () => "10.0.0.1");
  addresses.gone("A");
  addresses.connected("A");
  assertEquals(takeovers, []);
});
