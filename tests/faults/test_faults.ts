/**
 * The guarantees as tests, shown by breaking things on purpose. `deno task chaos` does it for as long as you like.
 *
 * In the test task each fault runs on one transport, the next fault on the other, and for a short time. With
 * `SPQ_TEST_TRANSPORTS=all` and `SPQ_TEST_FAULT_MS=15000` each runs on both, and for longer, as in CI.
 *
 * @module
 */

import { ALL_TRANSPORTS, BINARIES, LONGEST_FAULT_MS, type Need } from "../harness/capabilities.ts";
import { scenario } from "../harness/scenario.ts";
import type { Fault } from "./fault.ts";
import { injectFault, transportsOf } from "./run.ts";

/**
 * Registers a test for each fault.
 *
 * @param faults The faults; those that are not meant for binaries are tested from source only.
 */
export function testFaults(faults: readonly Fault[]): void {
  for (const [index, fault] of faults.entries()) {
    if (BINARIES !== undefined && !fault.testsBinaries) continue;
    const possible = transportsOf(fault);
    const transports = ALL_TRANSPORTS ? possible : [possible[index % possible.length]!];
    for (const transport of transports) {
      const needs: Need[] = fault.isLong === undefined ? [...fault.needs] : [...fault.needs, "long run"];
      scenario(`${fault.guarantee} (${transport})`, needs, async () => {
        const seed = Math.floor(Math.random() * 1e9);
        const durationMs = Math.min(fault.testMs, LONGEST_FAULT_MS);
        try {
          await injectFault(fault, { durationMs, transport, seed });
        } catch (error) {
          throw new Error(`${(error as Error).message} (seed ${seed})`, { cause: error });
        }
      });
    }
  }
}
