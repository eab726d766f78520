/**
 * When a program runs from source, Deno 2.9.2 and newer open a debugger on SIGUSR1. Through it, anybody on this machine
 * could take over the process, and no flag turns it off. Binaries have no debugger.
 *
 * @module
 */

import { delay } from "../delay.ts";

/** Deno opens the debugger some time after the signal, and does not say when. */
const TRIES_AFTER_MS = [0, 20, 100, 500, 2000];

/**
 * Closes the debugger that SIGUSR1 opens, and keeps the signal from ending the program: operators use it to ask a queue
 * for its status, and may send it to a worker or client, too.
 */
export function surviveDebuggerSignal(): void {
  Deno.addSignalListener("SIGUSR1", () => void closeDebugger());
}

async function closeDebugger(): Promise<void> {
  if (Deno.build.standalone) return;
  const { close } = await import("node:inspector");
  for (const ms of TRIES_AFTER_MS) {
    await delay(ms);
    // This does nothing if no debugger is open.
    close();
  }
}
