/**
 * The child processes that this process has started, as opposed to orphans, which a container hands to its first
 * process.
 *
 * @module
 */

const pids = new Set<number>();

/**
 * Starts a program, as `Deno.Command` does.
 *
 * @param command Its path, or its name in PATH.
 * @param options The options of `Deno.Command`.
 * @returns The process.
 * @throws {Error} When it cannot be started: the error of `Deno.Command`.
 */
export function spawnChild(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  const child = new Deno.Command(command, options).spawn();
  pids.add(child.pid);
  child.status.then(() => pids.delete(child.pid));
  return child;
}

/**
 * Whether a process is a child whose exit status Deno has not collected yet.
 *
 * @param pid The process id of a child.
 */
export function isOwnChild(pid: number): boolean {
  return pids.has(pid);
}
