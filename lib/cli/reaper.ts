/**
 * What the first process of a container has to do besides its work: to take the exit status of orphans, which Linux gives to
 * it. Otherwise they stay as zombies, until there can be no further process.
 *
 * @module
 */

import { cLibrary } from "../c_library.ts";
import { isOwnChild } from "../own_children.ts";

/** Kinds of children for waitid(2): any, or the one of a number. */
const P_ALL = 0;
const P_PID = 1;
/** Options of waitid(2): ended ones; without waiting; without taking the status. */
const WEXITED = 4;
const WNOHANG = 1;
const WNOWAIT = 0x01000000;
/** `siginfo_t` on 64-bit Linux: its size, and where the child's number is. */
const SIGINFO_SIZE = 128;
const PID_OFFSET = 16;
/** How long Deno may take to notice the end of its own child, in milliseconds. */
const RETRY_MS = 50;

/** Takes the exit status of orphans from now on. Call it in the first process of a container only. */
export function reapOrphans(): void {
  if (Deno.build.os !== "linux") return;
  Deno.addSignalListener("SIGCHLD", reap);
  reap();
}

function reap(): void {
  const info = new DataView(new ArrayBuffer(SIGINFO_SIZE));
  const symbols = cLibrary();
  for (;;) {
    info.setInt32(PID_OFFSET, 0, true);
    if (symbols?.waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) !== 0) return;
    const pid = info.getInt32(PID_OFFSET, true);
    if (pid === 0) return;
    if (isOwnChild(pid)) {
      // Deno takes this one's status. Orphans may come behind it.
      setTimeout(reap, RETRY_MS);
      return;
    }
    symbols.waitid(P_PID, pid, info, WEXITED | WNOHANG);
  }
}
