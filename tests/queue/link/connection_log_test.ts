import { assertEquals } from "@std/assert";
import { ConnectionLog } from "../../../lib/queue/link/connection_log.ts";
import { RecordingLog } from "../../harness/recording_log.ts";

/** Nothing is passed on later. */
const FOR_EVER_MS = 1e9;

Deno.test("ConnectionLog logs each reason once, and again after there was a connection", () => {
  const log = new RecordingLog();
  using said = new ConnectionLog(log, ["there"], FOR_EVER_MS);
  for (const reason of ["refused", "expired 1 s ago", "refused", "expired 2 s ago"]) said.notConnected(reason);
  said.connected({ server: "there" });
  said.notConnected("refused");
  assertEquals(log.entries.map(({ event, fields }) => fields.reason ?? event), [
    "refused",
    "expired 1 s ago",
    "link connected",
    "refused",
  ]);
  assertEquals(log.entries[0]!.fields.servers, ["there"]);
});

Deno.test("ConnectionLog does not log every connection that comes and goes", () => {
  const log = new RecordingLog();
  using said = new ConnectionLog(log, [], FOR_EVER_MS);
  for (let i = 0; i < 100; i++) {
    said.connected({});
    said.notConnected("the connection was lost");
  }
  assertEquals(log.entries.length, 10);
});

Deno.test("ConnectionLog logs the final state", async () => {
  const log = new RecordingLog();
  using said = new ConnectionLog(log, [], 20);
  for (let i = 0; i < 100; i++) {
    said.notConnected("the connection was lost");
    said.connected({ round: i });
  }
  for (let count = 1;; count++) {
    const entries = await log.entriesOf("link connected", count);
    if (entries.at(-1)!.round === 99) break;
  }
  assertEquals(log.events.at(-1), "link connected");
});
