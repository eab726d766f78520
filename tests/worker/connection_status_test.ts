import { assertEquals } from "@std/assert";
import { ConnectionStatus } from "../../lib/worker/connection_status.ts";

const [ONE, OTHER] = ["tcp://one:5556", "tcp://other:5556"];

Deno.test("ConnectionStatus says of each queue whether it is connected, and why not", () => {
  const status = new ConnectionStatus([ONE, OTHER], () => {});
  assertEquals(status.sentence, `Connecting to ${ONE}, connecting to ${OTHER}`);
  status.set(OTHER, "connected");
  status.set(ONE, { reason: "connection refused" });
  assertEquals(status.sentence, `Not connected to ${ONE} (connection refused), connected to ${OTHER}`);
});

Deno.test("ConnectionStatus tells of changes, and of nothing else", () => {
  const told: string[] = [];
  const status = new ConnectionStatus([ONE], (sentence) => told.push(sentence));
  for (const state of ["connecting", "connected", "connected", "connecting"] as const) status.set(ONE, state);
  assertEquals(told, [`Connected to ${ONE}`, `Connecting to ${ONE}`]);
});

Deno.test("ConnectionStatus keeps the reason when another connection to the same queue is lost", () => {
  const status = new ConnectionStatus([ONE], () => {});
  status.set(ONE, "connected");
  status.set(ONE, "connecting");
  status.set(ONE, { reason: "connection refused" });
  status.set(ONE, "connecting");
  assertEquals(status.sentence, `Not connected to ${ONE} (connection refused)`);
});
