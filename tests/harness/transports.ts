/**
 * Tests of a queue that apply to both `tcp://` and `ipc://`.
 *
 * @module
 */

import type { Queue, QueueOptions } from "../../queue.ts";
import { ALL_TRANSPORTS, type Need } from "./capabilities.ts";
import { Folder } from "./folder.ts";
import { startLocalQueue } from "./local_queue.ts";
import { type QueueProgram, startQueue } from "./programs.ts";
import { scenario } from "./scenario.ts";

/** What connects peers to a queue. */
export type Transport = "tcp" | "ipc";

/** Starts a test's queue on the test's transport. */
export interface TransportScene {
  /** What connects peers to it. */
  readonly transport: Transport;
  /** As `startQueue` of `programs.ts`: as a process. */
  startQueue(args?: readonly string[]): Promise<QueueProgram>;
  /** As `startLocalQueue` of `local_queue.ts`: in this process. */
  startLocalQueue(options?: QueueOptions): Promise<Queue>;
}

/**
 * Which transports a test runs on: `both`; or `either`, which alternates between tests, and means both if
 * `SPQ_TEST_TRANSPORTS=all` is set.
 */
export type Transports = "both" | "either";

let tests = 0;

/**
 * Registers a test for each transport.
 *
 * @param name `subject does X when Y`.
 * @param needs What it needs.
 * @param test The test, with at most one queue.
 * @param transports The transports.
 */
export function onTransports(
  name: string,
  needs: readonly Need[],
  test: (scene: TransportScene) => Promise<void>,
  transports: Transports = "either",
): void {
  const all = ["tcp", "ipc"] as const;
  const chosen = transports === "both" || ALL_TRANSPORTS ? all : [all[tests++ % all.length]!];
  for (const transport of chosen) {
    scenario(`${name} (${transport})`, transport === "ipc" ? [...needs, "files"] : needs, async () => {
      if (transport === "tcp") return await test({ transport, startQueue, startLocalQueue });
      using folder = new Folder();
      const { frontends, backends } = folder.endpoints;
      await test({
        transport,
        startQueue: (args) => startQueue(args, folder.endpoints),
        startLocalQueue: (options) => startLocalQueue({ ...options, frontend: frontends, backend: backends }),
      });
    });
  }
}
