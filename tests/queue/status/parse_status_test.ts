import { assertEquals, assertThrows } from "@std/assert";
import { parseStatus } from "../../../lib/queue/status/parse_status.ts";
import { statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS } from "./snapshot_of.ts";

Deno.test("parseStatus() reads what a queue says", () => {
  const status = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:02.000Z", paused: null, drain: null });
  const text = JSON.stringify(status);
  assertEquals(JSON.stringify(parseStatus(text)), text);
});

Deno.test("parseStatus() says why the answer of another web server is not a status", () => {
  const reasons = [
    ["<html>", "its status is not JSON"],
    ["", "its status is not JSON"],
    ["null", "its status is not JSON"],
    ["{}", "its status is not a queue's"],
    ['{"schema":1,"state":"serving","sentence":"a"}', "its status is not a queue's"],
    ['{"schema":2,"sentence":"a"}', "its status has the schema 2, not 1"],
    ['{"schema":1,"programRestarts":0}', "it is a worker"],
  ] as const;
  for (const [text, why] of reasons) assertThrows(() => parseStatus(text), TypeError, why);
});
