/**
 * Notices the end of processes whose ids a test does not know.
 *
 * @module
 */

import { within } from "./deadline.ts";
import type { Folder } from "./folder.ts";

/**
 * A named pipe. As long as any process has it open for writing, a process that inherited it is alive. Needs `shell` and
 * `files`.
 */
export class Lifeline implements AsyncDisposable {
  /** Its path. */
  readonly path: string;
  // Not Deno.open(), which in Deno 2.6.10 blocks the whole process until somebody writes.
  readonly #reader: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;

  /** @param folder The folder in which the pipe is made, with the name `lifeline`. */
  constructor(folder: Folder) {
    this.path = folder.file("lifeline");
    this.#reader = new Deno.Command("sh", {
      args: ["-c", 'mkfifo "$1" && exec cat "$1"', "sh", this.path],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#output = this.#reader.stdout.getReader();
  }

  /** Waits until a process has written to it. */
  async taken(): Promise<void> {
    await within(this.#output.read(), () => "somebody to write to the lifeline");
  }

  /** Waits until no process has it open any more. */
  async gone(): Promise<void> {
    await within(this.#end(), () => "the end of all that have the lifeline open");
  }

  /** Closes the reading end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#reader.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#end();
    await this.#reader.status;
  }

  async #end(): Promise<void> {
    while (!(await this.#output.read()).done);
  }
}
