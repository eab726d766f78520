import { assert, assertGreaterOrEqual } from "@std/assert";
import { Clock } from "../../lib/zmq/clock.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { scenario } from "../harness/scenario.ts";

/** How far the two may differ in milliseconds; each reading takes less than a thousandth of it. */
const TOLERANCE_MS = 1;

scenario("Clock returns the time of performance.now()", ["ffi"], async () => {
  const clock = new Clock((await loadLibrary()).symbols);
  for (let count = 0; count < 1000; count++) {
    const before = performance.now();
    const now = clock.now();
    const after = performance.now();
    assert(now > before - TOLERANCE_MS && now < after + TOLERANCE_MS, `${now} between ${before} and ${after}`);
  }
});

scenario("Clock never goes back", ["ffi"], async () => {
  const clock = new Clock((await loadLibrary()).symbols);
  // Long enough that the nanoseconds begin anew.
  const endMs = performance.now() + 1100;
  for (let last = clock.now(); performance.now() < endMs;) {
    const now = clock.now();
    assertGreaterOrEqual(now, last);
    last = now;
  }
});
