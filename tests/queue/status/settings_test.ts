import { assertEquals } from "@std/assert";
import { settingsOf } from "../../../lib/queue/status/settings.ts";

Deno.test("settingsOf() says of each setting where it came from", () => {
  const sources = new Map([["order", "--order"], ["keys", "SPQ_KEYS"]]);
  assertEquals(settingsOf({ order: "fifo", keys: "./keys", heartbeat: 0, allow: undefined }, (n) => sources.get(n)), [
    { name: "order", value: "fifo", from: "--order" },
    { name: "keys", value: "./keys", from: "SPQ_KEYS" },
    { name: "heartbeat", value: 0, from: "default" },
    { name: "allow", value: null, from: "default" },
  ]);
});
