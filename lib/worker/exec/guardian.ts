/**
 * A process next to the worker that kills the worker's programs when the worker has ended, whatever ended it.
 *
 * @module
 */

import { spawnChild } from "../../own_children.ts";
import { SHELL } from "./argv.ts";

/**
 * Reads the process groups to watch until the pipe closes, because the worker has ended, and kills those that are left.
 * It ignores the signals that may be sent to the worker and all its processes, because on those the worker first
 * finishes its jobs.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
groups=' '
while read -r change group; do
  case $change in
    watch) groups="$groups$group " ;;
    release) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

/** Its name in the list of processes. */
const NAME = "spworker-guardian";

/** Watches process groups. Without a shell, nothing is watched. */
export class Guardian implements AsyncDisposable {
  readonly #groups = new Set<number>();
  #child: Deno.ChildProcess | undefined;
  #pipe: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #hasNoShell = false;

  /**
   * Kills a process group when the worker ends.
   *
   * @param group Its number.
   */
  watch(group: number): void {
    this.#groups.add(group);
    if (this.#pipe !== undefined) this.#tell("watch", group);
    else if (!this.#hasNoShell) this.#start();
  }

  /**
   * Stops watching a process group, whose id may belong to another group from now on.
   *
   * @param group Its number.
   */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#tell("release", group);
  }

  /** Ends the guardian, which kills the groups that it still watches. */
  async [Symbol.asyncDispose](): Promise<void> {
    const [child, pipe] = [this.#child, this.#pipe];
    this.#forget();
    await pipe?.close().catch(() => {});
    await child?.status;
  }

  #start(): void {
    try {
      const child = spawnChild(SHELL, {
        args: ["-c", SCRIPT, NAME],
        // It gets neither the terminal's signals nor those sent to the worker's process group.
        detached: true,
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      });
      this.#child = child;
      this.#pipe = child.stdin.getWriter();
    } catch {
      this.#hasNoShell = true;
      return;
    }
    for (const group of this.#groups) this.#tell("watch", group);
  }

  #tell(change: "watch" | "release", group: number): void {
    const pipe = this.#pipe;
    // If somebody has killed the guardian, the next program starts another one.
    pipe?.write(new TextEncoder().encode(`${change} ${group}\n`)).catch(() => this.#pipe === pipe && this.#forget());
  }

  #forget(): void {
    this.#child = undefined;
    this.#pipe = undefined;
  }
}
