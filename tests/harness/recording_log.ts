/**
 * A log that a test can read.
 *
 * @module
 */

import type { EventLog, LogFields } from "../../lib/log.ts";
import { within } from "./deadline.ts";

/** A log that keeps its entries. */
export class RecordingLog implements EventLog {
  /** All entries so far. */
  readonly entries: { readonly level: string; readonly event: string; readonly fields: LogFields }[] = [];
  /** Resolved, and replaced, on every new entry. */
  #change = Promise.withResolvers<void>();

  /** As {@linkcode EventLog.debug}. */
  debug(event: string, fields: LogFields = {}): void {
    this.#add("debug", event, fields);
  }

  /** As {@linkcode EventLog.info}. */
  info(event: string, fields: LogFields = {}): void {
    this.#add("info", event, fields);
  }

  /** As {@linkcode EventLog.warning}. */
  warning(event: string, fields: LogFields = {}): void {
    this.#add("warning", event, fields);
  }

  /** As {@linkcode EventLog.error}. */
  error(event: string, fields: LogFields = {}): void {
    this.#add("error", event, fields);
  }

  /** The events so far. */
  get events(): string[] {
    return this.entries.map(({ event }) => event);
  }

  /**
   * Waits until it has a number of entries with an event.
   *
   * @param event Their event.
   * @param count How many.
   * @returns Their fields.
   * @throws {Error} When that takes too long.
   */
  async entriesOf(event: string, count: number): Promise<LogFields[]> {
    for (;;) {
      const found = this.entries.filter((entry) => entry.event === event);
      if (found.length >= count) return found.map(({ fields }) => fields);
      await within(this.#change.promise, () => `${count} x "${event}", there is ${JSON.stringify(this.entries)}`);
    }
  }

  #add(level: string, event: string, fields: LogFields): void {
    this.entries.push({ level, event, fields });
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers();
    resolve();
  }
}
