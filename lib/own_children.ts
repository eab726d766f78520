/**
 * The child processes that this process has started, as opposed to orphans that a container gives to its first process.
 *
 * @module
 */

const pids = new Set<number>();

/**
 * Starts a program, as `Deno.Command` does.
 *
 * @param command Its path, or its name in PATH.
 * @param options As those of `Deno.Command`.
 * @returns The process.
 * @throws {Error} When it cannot be started, as `Deno.Command` throws it.
 */
export function spawnChild(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  const child = new Deno.Command(command, options).spawn();
  pids.add(child.pid);
  child.status.then(() => pids.delete(child.pid));
  return child;
}

/**
 * Whether Deno has yet to take a child's exit status.
 *
 * @param pid A child's number.
 */
export function isOwnChild(pid: number): boolean {
  return pids.has(pid);
}
