import { assert, assertEquals } from "@std/assert";
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

Deno.test("History has one point per second, whether more statuses came or fewer", () => {
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

Deno.test("History has as many points as seconds have passed, however far statuses are apart", () => {
  for (const intervalMs of [300, 700, 1000, 1001, 1300, 1490, 2600]) {
    const history = new History();
    const count = Math.floor(800_000 / intervalMs);
    for (let n = 0; n <= count; n++) history.add(withAccepted(n), n * intervalMs);
    const { waiting, acceptedPerSecond } = history.record.numbers;
    const seconds = count * intervalMs / 1000;
    assert(Math.abs(waiting.length - 1 - seconds) <= 1, `${waiting.length} points of ${seconds} s`);
    // Rates are of the time that has really passed.
    const known = acceptedPerSecond.filter((rate) => rate !== null);
    for (const rate of known) assert(Math.abs(rate - 1000 / intervalMs) < 1e-9, `${rate} a second`);
  }
});

Deno.test("History has no gap where a status comes up to half a second late or early", () => {
  const history = new History();
  for (let n = 0; n < 500; n++) history.add(withAccepted(n), n * 1000 + (n % 2) * 490);
  assertEquals(history.record.numbers.waiting.filter((point) => point === null), []);
  assertEquals(history.record.numbers.waiting.length, 500);
});

Deno.test("History keeps fifteen minutes, the oldest point first", () => {
  const history = new History();
  for (let n = 0; n < HISTORY_POINTS + 10; n++) {
    history.add({ ...STATUS, backlog: { ...STATUS.backlog, bytes: n } }, n * 1000);
  }
  const { backlogBytes } = history.record.numbers;
  assertEquals([backlogBytes.length, backlogBytes[0], backlogBytes.at(-1)], [900, 10, 909]);
});
