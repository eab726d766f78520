/**
 * The guarantees, shown by breaking things on purpose: each fault of `tests/faults`, for some seconds. `deno task chaos`
 * does it for as long as wanted.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { seededRandom } from "../../lib/worker/guide_worker.ts";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
import { FAULTS } from "./all.ts";
import { whyNoFault } from "./needs.ts";
import { BINARIES, LONGEST_FAULT_MS, whyNot } from "../harness/capabilities.ts";

// It stays loaded, so Deno's leak check would blame the test that is the first to load it.
if (whyNot(["ffi"]) === undefined) await loadLibrary();

// Those that are not meant for binaries are not registered: "ignored" is to mean that something is missing.
for (const fault of FAULTS.filter(({ testsBinaries }) => testsBinaries || BINARIES === undefined)) {
  const reason = whyNoFault(fault.needs);
  Deno.test({
    name: reason === undefined ? fault.guarantee : `${fault.guarantee} [ignored: ${reason}]`,
    ignore: reason !== undefined,
    fn: async () => {
      const seed = Math.floor(Math.random() * 1e9);
      try {
        await fault.inject({ durationMs: Math.min(fault.testMs, LONGEST_FAULT_MS), random: seededRandom(seed) });
      } catch (error) {
        throw new Error(`${(error as Error).message} (seed ${seed})`, { cause: error });
      }
      assertEquals(openZmqHandles(), [], "libzmq handles were left open");
    },
  });
}
