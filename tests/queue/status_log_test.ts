import { assertEquals } from "@std/assert";
import { statusFields } from "../../lib/queue/status_log.ts";
import { statusOf } from "../../lib/queue/status/status.ts";
import { busySnapshot, FACTS } from "./status/snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-11-30T09:15:00.000Z", paused: null, drain: null });

Deno.test("statusFields() has the sentence, and the account as a sum for people, as numbers for programs", () => {
  const { sentence, account } = STATUS;
  assertEquals(statusFields(STATUS, false), { sentence, ...account });
  const forPeople = statusFields(STATUS, true);
  assertEquals(Object.keys(forPeople), ["sentence", "account"]);
  assertEquals(String(forPeople.account).split(" accepted = ")[0], `${account.accepted}`);
});
