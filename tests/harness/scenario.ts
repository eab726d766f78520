/**
 * Tests that need something that is not available in every run. `tests/zz_left_out_test.ts` reports what a run leaves
 * out.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
// Also needed when a test file is run alone, without the test task's flags.
import "./preload_library.ts";
import { type Need, RUNS_ALONE, RUNS_BROWSER, whyNot } from "./capabilities.ts";

/**
 * Registers a test if everything that it needs is available. The test fails if it leaves a libzmq context or socket
 * open.
 *
 * @param name `subject does X when Y`.
 * @param needs What it needs.
 * @param test The test.
 */
export function scenario(name: string, needs: readonly Need[], test: (t: Deno.TestContext) => Promise<void>): void {
  if (needs.includes("own process") !== RUNS_ALONE || needs.includes("chromium") !== RUNS_BROWSER) return;
  if (whyNot(needs) !== undefined) return;
  Deno.test(name, async (t) => {
    await test(t);
    assertEquals(openZmqHandles(), [], "libzmq handles were left open");
  });
}
