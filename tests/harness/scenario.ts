/**
 * Tests with needs: they run where these are met, and are ignored elsewhere with the reason in their name.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
// Also when a file of tests is run alone, without the test task's flags.
import "./preload_library.ts";
import { BINARIES, type Need, whyNot } from "./capabilities.ts";

/**
 * Registers a test; one that is about binaries alone not in a run from source. After it, every libzmq context and socket of this thread must be closed.
 *
 * @param name `subject does X when Y`.
 * @param needs What it needs.
 * @param test The test.
 */
export function scenario(name: string, needs: readonly Need[], test: (t: Deno.TestContext) => Promise<void>): void {
  // It could not run there by design, and "ignored" is to mean that something is missing.
  if (BINARIES === undefined && needs.includes("binaries")) return;
  const reason = whyNot(needs);
  Deno.test({
    name: reason === undefined ? name : `${name} [ignored: ${reason}]`,
    ignore: reason !== undefined,
    fn: async (t) => {
      await test(t);
      assertEquals(openZmqHandles(), [], "libzmq handles were left open");
    },
  });
}
