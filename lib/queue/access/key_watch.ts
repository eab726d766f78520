/**
 * Reads a key folder's list again when it changes, so that a queue need not be restarted to let a peer in or shut it out.
 *
 * @module
 */

import { permittedKeysPath, readPermittedKeys } from "../../access/key_files.ts";
import type { PermittedKey } from "../../access/permitted_keys.ts";
import type { EventLog } from "../../log.ts";

/** How often the list is read. A change takes effect when it is found for the second time. */
const INTERVAL_MS = 250;

/** What a {@linkcode KeyWatch} needs. */
export interface KeyWatchParts {
  /** The key folder. */
  readonly folder: string;
  /** Receives the list when it has changed. */
  readonly onChange: (keys: readonly PermittedKey[]) => void;
  /** Receives events. */
  readonly log: EventLog | undefined;
  /**
   * Reads the list.
   *
   * @default the file of the key folder
   */
  readonly read?: (
    folder: string,
    end: AbortSignal,
  ) => Promise<{ readonly keys: readonly PermittedKey[]; readonly text: string }>;
}

/** The result of reading: a list, or why there is none. */
type Found = { readonly keys: readonly PermittedKey[]; readonly text: string } | { readonly problem: string };

/**
 * Watches a list. It compares contents, so it also notices that a file was replaced or a link was changed. A result counts
 * only when the next read finds the same: an editor that writes in place empties the file first, and a copy over the network
 * takes time.
 */
export class KeyWatch implements Disposable {
  readonly #parts: KeyWatchParts;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #end = new AbortController();
  #lastLook: Promise<void> = Promise.resolve();
  #found: Found | undefined;
  /** The list in force. */
  #text: string | undefined;
  /** The last problem that was logged. Each is logged once, not at every read. */
  #problem: string | undefined;
  #isReading = false;

  /**
   * Starts watching. The first list is reported as soon as it is read.
   *
   * @param parts What it needs.
   */
  constructor(parts: KeyWatchParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
    this.#look();
  }

  /** Resolves when the last read is over: soon after the watch ends, even if the file system hangs. */
  get settled(): Promise<void> {
    return this.#lastLook;
  }

  /** Stops watching. Nothing more is reported. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#end.abort();
  }

  #look(): void {
    // Reads must not pile up if the file system hangs.
    if (this.#isReading) return;
    this.#isReading = true;
    this.#lastLook = this.#lookOnce();
  }

  async #lookOnce(): Promise<void> {
    const found = await this.#read();
    this.#isReading = false;
    if (this.#end.signal.aborted) return;
    const isSettled = this.#found === undefined || contentOf(found) === contentOf(this.#found);
    this.#found = found;
    if (isSettled) this.#take(found);
  }

  async #read(): Promise<Found> {
    const { folder, read = readPermittedKeys } = this.#parts;
    try {
      return await read(folder, this.#end.signal);
    } catch (error) {
      return { problem: (error as Error).message };
    }
  }

  #take(found: Found): void {
    const { folder, onChange, log } = this.#parts;
    if ("problem" in found) {
      const { problem } = found;
      if (problem !== this.#problem) {
        log?.error("permitted keys not read", { reason: problem, inForce: "the list before" });
      }
      this.#problem = problem;
      return;
    }
    this.#problem = undefined;
    const { keys, text } = found;
    if (text === this.#text) return;
    const isFirst = this.#text === undefined;
    this.#text = text;
    onChange(keys);
    if (!isFirst) log?.info("permitted keys changed", { file: permittedKeysPath(folder), keys: keys.length });
  }
}

/** The content to compare two results by. */
function contentOf(found: Found): string {
  return "problem" in found ? `problem: ${found.problem}` : `list: ${found.text}`;
}
