/**
 * The guarantees, shown by breaking things on purpose: each fault of `tests/faults`, for a short time. `deno task chaos`
 * does it for as long as you like.
 *
 * A fault runs on one transport, the next fault on the other; with `SPQ_TEST_TRANSPORTS=all` each runs on both, as in CI.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { loadLibrary } from "../../lib/zmq/library.ts";
import { openZmqHandles } from "../../lib/zmq/handles.ts";
import { FAULTS } from "./all.ts";
import { whyNoFault } from "./needs.ts";
import { injectFault, transportsOf } from "./run.ts";
import { ALL_TRANSPORTS, BINARIES, LONGEST_FAULT_MS, whyNot } from "../harness/capabilities.ts";

// It stays loaded, so Deno's leak check would blame the test that is the first to load it.
if (whyNot(["ffi"]) === undefined) await loadLibrary();

// Those that are not meant for binaries are not registered: "ignored" is to mean that something is missing.
for (const [index, fault] of FAULTS.filter(({ testsBinaries }) => testsBinaries || BINARIES === undefined).entries()) {
  const reason = whyNoFault(fault.needs);
  const possible = transportsOf(fault);
  const transports = ALL_TRANSPORTS ? possible : [possible[index % possible.length]!];
  for (const transport of transports) {
    const name = `${fault.guarantee} (${transport})`;
    Deno.test({
      name: reason === undefined ? name : `${name} [ignored: ${reason}]`,
      ignore: reason !== undefined,
      fn: async () => {
        const seed = Math.floor(Math.random() * 1e9);
        const durationMs = Math.min(fault.testMs, LONGEST_FAULT_MS);
        try {
          await injectFault(fault, { durationMs, transport, seed });
        } catch (error) {
          throw new Error(`${(error as Error).message} (seed ${seed})`, { cause: error });
        }
        assertEquals(openZmqHandles(), [], "libzmq handles were left open");
      },
    });
  }
}
