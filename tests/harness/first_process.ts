/**
 * Programs as the first process (PID 1) of a namespace, as in a container. Needs `process namespaces`.
 *
 * @module
 */

import type { Role } from "../../tools/task_flags.ts";
import { Program } from "./program.ts";
import { commandLine, type StartOptions } from "./programs.ts";

/** A program that is the first process of its namespace. */
export class FirstProcess extends Program {
  /**
   * Starts one of the three programs.
   *
   * @param role The program.
   * @param args Its arguments.
   * @param options Further options.
   */
  constructor(role: Role, args: readonly string[], options: StartOptions = {}) {
    const { command, args: all, env, cwd } = commandLine(role, args, options);
    // When the test kills unshare, its child is killed, too.
    const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    super("unshare", { args: [...unshare, command, ...all], env: { PATH: "/usr/bin:/bin", ...env }, cwd });
  }

  /** The process id of the first process, as seen from outside its namespace. */
  async firstPid(): Promise<number> {
    const [pid] = await childrenOf(this.pid);
    if (pid === undefined) throw new Error("unshare has no child yet");
    return pid;
  }

  /** Sends a signal to the first process. */
  async signal(signal: Deno.Signal): Promise<void> {
    Deno.kill(await this.firstPid(), signal);
  }
}

/**
 * The children of a process, zombies included.
 *
 * @param pid The process.
 * @returns Their process ids.
 */
export async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/task/${pid}/children`] }).output();
  return new TextDecoder().decode(stdout).split(" ").filter((text) => text.trim() !== "").map(Number);
}
