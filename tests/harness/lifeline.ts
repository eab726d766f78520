/**
 * Tells whether processes that a test does not know by number are still there.
 *
 * @module
 */

import { within } from "./deadline.ts";
import type { Folder } from "./folder.ts";

/** A named pipe: as long as a process has it open for writing, somebody is there. Needs `shell` and `files`. */
export class Lifeline implements AsyncDisposable {
  /** Its path. */
  readonly path: string;
  // Not Deno.open(), which in 2.6.10 blocks the whole process until somebody writes.
  readonly #reader: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;

  /** @param folder Where it is made, as `lifeline`. */
  constructor(folder: Folder) {
    this.path = folder.file("lifeline");
    this.#reader = new Deno.Command("sh", {
      args: ["-c", 'mkfifo "$1" && exec cat "$1"', "sh", this.path],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#output = this.#reader.stdout.getReader();
  }

  /** Waits until something was written to it. */
  async taken(): Promise<void> {
    await within(this.#output.read(), () => "somebody to write to the lifeline");
  }

  /** Waits until nobody has it open any more. */
  async gone(): Promise<void> {
    await within(this.#end(), () => "the end of all that have the lifeline open");
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#reader.kill("SIGKILL");
    } catch (error) {
      // It has ended.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#end();
    await this.#reader.status;
  }

  async #end(): Promise<void> {
    while (!(await this.#output.read()).done);
  }
}
