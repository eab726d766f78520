/**
 * Reads a key folder's list again when it changes, so that nobody has to restart a queue to let a peer in or shut it out.
 *
 * @module
 */

import { permittedKeysPath, readPermittedKeys } from "../../access/key_files.ts";
import type { PermittedKey } from "../../access/permitted_keys.ts";
import type { EventLog } from "../../log.ts";

/** A list that changes is in force within this time. */
const INTERVAL_MS = 500;

/** What a {@linkcode KeyWatch} needs. */
export interface KeyWatchParts {
  /** The key folder. */
  readonly folder: string;
  /** Receives the list when it has changed. */
  readonly onChange: (keys: readonly PermittedKey[]) => void;
  /** Receives what happens. */
  readonly log: EventLog | undefined;
}

/** Watches a list. It compares contents, so it also notices a file that was replaced, or a link that leads elsewhere. */
export class KeyWatch implements Disposable {
  readonly #parts: KeyWatchParts;
  readonly #timer: ReturnType<typeof setInterval>;
  #text: string | undefined;
  /** What was logged last; said once, not twice a second. */
  #problem: string | undefined;
  #isReading = false;

  /**
   * Begins to watch.
   *
   * @param parts What it needs.
   */
  constructor(parts: KeyWatchParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
    this.#look();
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    // A file system that hangs must not pile up reads.
    if (this.#isReading) return;
    this.#isReading = true;
    const { folder, onChange, log } = this.#parts;
    try {
      const { keys, text } = await readPermittedKeys(folder);
      this.#problem = undefined;
      if (text === this.#text) return;
      const isFirst = this.#text === undefined;
      this.#text = text;
      onChange(keys);
      if (!isFirst) log?.info("permitted keys changed", { file: permittedKeysPath(folder), keys: keys.length });
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#problem) {
        log?.error("permitted keys not read", { reason: problem, inForce: "the list before" });
      }
      this.#problem = problem;
    } finally {
      this.#isReading = false;
    }
  }
}
