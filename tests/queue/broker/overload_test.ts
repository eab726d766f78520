import { assertEquals } from "@std/assert";
import { Overload } from "../../../lib/queue/broker/overload.ts";

/** An overload after 25 requests in each of four times 250 ms, while others waited. */
function afterASecondOfService(): Overload {
  const overload = new Overload();
  for (let now = 250; now <= 1000; now += 250) {
    for (let i = 0; i < 25; i++) overload.requestSent();
    assertEquals(overload.isOverloaded(1000, now), false);
  }
  return overload;
}

const RATE_PER_MS = 0.1;

/** Two clients leave. Only the time that the second one waited counts; the first alone would make any backlog too large. */
function twoGiveUp(overload: Overload, waitedMs: number, now: number): void {
  overload.waitingClientLeft(1, now);
  overload.waitingClientLeft(waitedMs, now);
}

Deno.test("Overload.isOverloaded() is false when nobody has given up, whatever waits", () => {
  const overload = new Overload();
  assertEquals([0, 10, 1e6].map((now) => overload.isOverloaded(1e9, now)), [false, false, false]);
});

Deno.test("Overload.isOverloaded() is false when only one client left, whatever waits, even if nothing is served", () => {
  const overload = new Overload();
  overload.waitingClientLeft(60_000, 100_000);
  assertEquals([100_000, 100_500, 101_000].map((now) => overload.isOverloaded(1e9, now)), [false, false, false]);
});

Deno.test("Overload.isOverloaded() is false when clients left more than 1 s apart", () => {
  const overload = new Overload();
  for (let now = 1000; now < 10_000; now += 1000.5) {
    overload.waitingClientLeft(100, now);
    assertEquals(overload.isOverloaded(1e9, now), false);
  }
});

Deno.test("Overload.isOverloaded() is true when clients left 1 s apart", () => {
  const overload = new Overload();
  overload.waitingClientLeft(100, 1000);
  assertEquals(overload.isOverloaded(1, 2000), false);
  overload.waitingClientLeft(100, 2000);
  assertEquals(overload.isOverloaded(1, 2000), true);
  overload.waitingClientLeft(100, 3000);
  assertEquals([3000, 4000].map((now) => overload.isOverloaded(1, now)), [true, true]);
});

Deno.test("Overload.isOverloaded() is true when two gave up, something waits and nothing is served", () => {
  const overload = new Overload();
  twoGiveUp(overload, 60_000, 100_000);
  assertEquals(overload.isOverloaded(0, 100_000), false);
  assertEquals(overload.isOverloaded(1, 100_000), true);
  assertEquals(overload.isOverloaded(0, 100_001), false);
});

Deno.test("Overload.isOverloaded() is true from half of what is served in a client's patience down to an eighth", () => {
  const overload = afterASecondOfService();
  twoGiveUp(overload, 1000, 1000);
  const [half, eighth] = [RATE_PER_MS * 1000 / 2, RATE_PER_MS * 1000 / 8].map(Math.floor) as [number, number];
  assertEquals([half, eighth], [50, 12]);
  const waiting = [half, half + 1, half, eighth + 1, eighth, eighth + 1, half, half + 1];
  assertEquals(waiting.map((count) => overload.isOverloaded(count, 1001)), [
    false,
    true,
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
});

Deno.test("Overload.isOverloaded() uses the patience of the last client that gave up", () => {
  const overload = afterASecondOfService();
  twoGiveUp(overload, 10, 1000);
  assertEquals(overload.isOverloaded(1, 1000), true);
  overload.waitingClientLeft(1000, 1001);
  assertEquals(overload.isOverloaded(1, 1001), false);
});

Deno.test("Overload.isOverloaded() is false when the last one gave up more than 1 s ago", () => {
  const overload = new Overload();
  twoGiveUp(overload, 100, 1000);
  assertEquals([2000, 2000.5].map((now) => overload.isOverloaded(5, now)), [true, false]);
  // The next client leaves alone again.
  overload.waitingClientLeft(100, 20_000);
  assertEquals(overload.isOverloaded(5, 20_000), false);
  overload.waitingClientLeft(100, 20_500);
  assertEquals([20_500, 21_500, 21_500.5].map((now) => overload.isOverloaded(5, now)), [true, true, false]);
});

Deno.test("Overload.isOverloaded() remembers the departures of clients for as long as clients wait", () => {
  const overload = new Overload();
  overload.waitingClientLeft(5000, 10_000);
  overload.waitingClientLeft(5000, 15_000.5);
  assertEquals(overload.isOverloaded(5, 15_000.5), false);
  overload.waitingClientLeft(5000, 20_000.5);
  assertEquals([20_000.5, 25_000.5, 25_001].map((now) => overload.isOverloaded(5, now)), [true, true, false]);
});

Deno.test("Overload.isOverloaded() uses the highest rate of service when at times nothing waited", () => {
  const overload = afterASecondOfService();
  assertEquals([1100, 5000, 10_000].map((now) => overload.isOverloaded(0, now)), [false, false, false]);
  twoGiveUp(overload, 1000, 10_000);
  assertEquals([50, 51].map((waiting) => overload.isOverloaded(waiting, 10_000)), [false, true]);
  for (let i = 0; i < 50; i++) overload.requestSent();
  // 0.2 requests a millisecond.
  assertEquals([100, 101].map((waiting) => overload.isOverloaded(waiting, 10_250)), [true, true]);
  assertEquals(overload.isOverloaded(0, 10_250), false);
  assertEquals([100, 101].map((waiting) => overload.isOverloaded(waiting, 10_250)), [false, true]);
});

Deno.test("Overload.isOverloaded() uses the rate of service of about the last second", () => {
  const overload = afterASecondOfService();
  twoGiveUp(overload, 1000, 1000);
  assertEquals(overload.isOverloaded(40, 1000), false);
  // After 250 ms in which nothing was sent, the rate is half of what it was.
  assertEquals([1249, 1250].map((now) => overload.isOverloaded(40, now)), [false, true]);
});
