/**
 * What the first process of a container must do besides its work: collect the exit status of orphans, which Linux hands
 * to it. Otherwise they stay as zombies until no further process can be started.
 *
 * @module
 */

import { cLibrary } from "../c_library.ts";
import { isOwnChild } from "../own_children.ts";

/** Which children waitid(2) considers: any, or one by its process id. */
const P_ALL = 0;
const P_PID = 1;
/** Options of waitid(2): children that have ended; without waiting; without taking the status. */
const WEXITED = 4;
const WNOHANG = 1;
const WNOWAIT = 0x01000000;
/** `siginfo_t` on 64-bit Linux: its size, and the offset of the child's process id. */
const SIGINFO_SIZE = 128;
const PID_OFFSET = 16;
/** How long Deno may take to notice the end of its own child, in milliseconds. */
const RETRY_MS = 50;

/** Collects the exit status of orphans from now on. Call this only in the first process of a container. */
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
      // Deno collects this child's status itself. Orphans may be queued behind it.
      setTimeout(reap, RETRY_MS);
      return;
    }
    symbols.waitid(P_PID, pid, info, WEXITED | WNOHANG);
  }
}
