import { assertEquals } from "@std/assert";
import { stateText, Watchdog, watchdogIntervalMs } from "../lib/service_state.ts";

Deno.test("stateText() writes a line for each assignment", () => {
  assertEquals(
    stateText({ ready: true, status: "Listens on tcp://127.0.0.1:5555" }),
    "READY=1\nSTATUS=Listens on tcp://127.0.0.1:5555",
  );
  assertEquals(stateText({ stopping: true }), "STOPPING=1");
  assertEquals(stateText({ watchdog: true }), "WATCHDOG=1");
  assertEquals(stateText({ extendMs: 90_000, status: "Waits" }), "EXTEND_TIMEOUT_USEC=90000000\nSTATUS=Waits");
});

Deno.test("stateText() does not let a sentence begin another assignment", () => {
  assertEquals(stateText({ status: "Not connected\nREADY=1" }), "STATUS=Not connected READY=1");
});

Deno.test("watchdogIntervalMs() is half of the manager's time, for the process that is meant", () => {
  assertEquals(watchdogIntervalMs({ usec: "30000000", pid: undefined }, 7), 15_000);
  assertEquals(watchdogIntervalMs({ usec: "30000000", pid: "7" }, 7), 15_000);
  assertEquals(watchdogIntervalMs({ usec: "30000000", pid: "8" }, 7), undefined);
  for (const usec of [undefined, "", "0", "-1", "soon", "Infinity"]) {
    assertEquals(watchdogIntervalMs({ usec, pid: undefined }, 7), undefined);
  }
});

Deno.test("Watchdog says that the loop is alive at the interval, and not before", () => {
  let count = 0;
  const watchdog = new Watchdog(1000, () => count++);
  const seen = [5000, 5400, 5999.5, 6000, 6100, 9000].map((now) => [watchdog.tick(now), count]);
  assertEquals(seen, [[1000, 1], [600, 1], [1, 1], [1000, 2], [900, 2], [1000, 3]]);
});
