/**
 * From source, Deno 2.9.2 and newer open a debugger on SIGUSR1, by which everybody on this machine could take the process over,
 * and there is no flag against it. Binaries have none.
 *
 * @module
 */

import { delay } from "../delay.ts";

/** Deno opens it at some moment after the signal, which is not told. */
const TRIES_AFTER_MS = [0, 20, 100, 500, 2000];

/**
 * Makes SIGUSR1 leave no debugger open, and end no program: operators ask a queue for its status with it, and may send it to a
 * worker or a client, too.
 */
export function surviveDebuggerSignal(): void {
  Deno.addSignalListener("SIGUSR1", () => void closeDebugger());
}

async function closeDebugger(): Promise<void> {
  if (Deno.build.standalone) return;
  const { close } = await import("node:inspector");
  for (const ms of TRIES_AFTER_MS) {
    await delay(ms);
    // It does nothing where there is none.
    close();
  }
}
