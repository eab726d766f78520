import { assertEquals } from "@std/assert";
import { History, HISTORY_NUMBERS, HISTORY_POINTS } from "../../../lib/queue/status/history.ts";
import { type QueueStatus, statusOf } from "../../../lib/queue/status/status.ts";
import { busySnapshot, FACTS } from "./snapshot_of.ts";

const STATUS = statusOf(busySnapshot(), FACTS, { at: "2026-01-01T00:00:00.000Z", paused: null, drain: null });

function withAccepted(accepted: number): QueueStatus {
  return { ...STATUS, account: { ...STATUS.account, accepted } };
}

Deno.test("History.record has a point for each number of each status, with rates between two of them", () => {
  const history = new History();
  assertEquals(history.record.at, null);
  history.add(withAccepted(10), 0);
  history.add(withAccepted(40), 1000);
  history.add(withAccepted(50), 3000);
  const { at, numbers } = history.record;
  assertEquals(at, STATUS.at);
  assertEquals(numbers.acceptedPerSecond, [null, 30, 5]);
  assertEquals(numbers.waiting, [1, 1, 1]);
  assertEquals(Object.keys(numbers), [...HISTORY_NUMBERS]);
});

Deno.test("History keeps fifteen minutes, the oldest point first", () => {
  const history = new History();
  for (let n = 0; n < HISTORY_POINTS + 10; n++) history.add({ ...STATUS, backlog: { ...STATUS.backlog, bytes: n } }, n);
  const { backlogBytes } = history.record.numbers;
  assertEquals([backlogBytes.length, backlogBytes[0], backlogBytes.at(-1)], [900, 10, 909]);
});
