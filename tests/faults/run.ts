/**
 * Running a fault injection.
 *
 * @module
 */

import { seededRandom } from "../../lib/worker/guide_worker.ts";
import { Folder } from "../harness/folder.ts";
import { freeEndpoint } from "../harness/free_port.ts";
import { startQueue } from "../harness/programs.ts";
import type { Transport } from "../harness/transports.ts";
import type { Fault, FaultRun, Figures } from "./fault.ts";

/** How a fault is injected. */
export interface FaultSettings {
  /** As in {@linkcode FaultRun}. */
  readonly durationMs: number;
  /** As in {@linkcode FaultRun}. */
  readonly transport: Transport;
  /** Chooses what goes wrong and when; timing stays the machine's. */
  readonly seed: number;
}

/**
 * The transports that a fault can run on.
 *
 * @param fault The fault.
 */
export function transportsOf(fault: Fault): readonly Transport[] {
  return fault.tcpOnly === undefined ? ["tcp", "ipc"] : ["tcp"];
}

/**
 * Injects a fault.
 *
 * @param fault The fault.
 * @param settings Where, for how long, and with which seed.
 * @returns What was counted and measured.
 * @throws {BrokenGuarantee} When the guarantee was broken.
 */
export async function injectFault(fault: Fault, settings: FaultSettings): Promise<Figures> {
  const { durationMs, transport, seed } = settings;
  using folder = transport === "ipc" ? new Folder() : null;
  let queues = 0;
  const startRunsQueue: FaultRun["startQueue"] = async (args) => {
    // Some faults start it again where it was.
    if (folder === null) return await startQueue(args, { frontends: [freeEndpoint()], backends: [freeEndpoint()] });
    const number = ++queues;
    return await startQueue(args, {
      frontends: [`ipc://${folder.file(`front${number}`)}`],
      backends: [`ipc://${folder.file(`back${number}`)}`],
    });
  };
  return await fault.inject({ durationMs, transport, random: seededRandom(seed), startQueue: startRunsQueue });
}
