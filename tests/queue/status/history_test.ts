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
  history.add(withAccepted(51), 2100);
  const { at, numbers } = history.record;
  assertEquals(at, STATUS.at);
  assertEquals(numbers.acceptedPerSecond, [null, 30, 10]);
  assertEquals(numbers.waiting, [1, 1, 1]);
  assertEquals(Object.keys(numbers), [...HISTORY_NUMBERS]);
});

Deno.test("History has a point a second, whether more statuses came or fewer", () => {
  const history = new History();
  history.add(withAccepted(10), 500);
  history.add(withAccepted(20), 600);
  history.add(withAccepted(40), 1500);
  history.add(withAccepted(100), 4500);
  history.add(withAccepted(110), 4501);
  const { waiting, acceptedPerSecond } = history.record.numbers;
  assertEquals(waiting, [1, 1, null, null, 1]);
  assertEquals(acceptedPerSecond, [null, 30, null, null, 20]);
  history.add(withAccepted(100), 3_600_000);
  assertEquals(history.record.numbers.waiting, [...Array.from({ length: 899 }, () => null), 1]);
});

Deno.test("History keeps fifteen minutes, the oldest point first", () => {
  const history = new History();
  for (let n = 0; n < HISTORY_POINTS + 10; n++) {
    history.add({ ...STATUS, backlog: { ...STATUS.backlog, bytes: n } }, n * 1000);
  }
  const { backlogBytes } = history.record.numbers;
  assertEquals([backlogBytes.length, backlogBytes[0], backlogBytes.at(-1)], [900, 10, 909]);
});
