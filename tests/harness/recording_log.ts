/**
 * A log that a test can read.
 *
 * @module
 */

import type { EventLog, LogFields } from "../../lib/log.ts";

/** Keeps what it is told. */
export class RecordingLog implements EventLog {
  /** What it was told: level, event, fields. */
  readonly entries: { readonly level: string; readonly event: string; readonly fields: LogFields }[] = [];

  /** As {@linkcode EventLog.info}. */
  info(event: string, fields: LogFields = {}): void {
    this.entries.push({ level: "info", event, fields });
  }

  /** As {@linkcode EventLog.warning}. */
  warning(event: string, fields: LogFields = {}): void {
    this.entries.push({ level: "warning", event, fields });
  }

  /** As {@linkcode EventLog.error}. */
  error(event: string, fields: LogFields = {}): void {
    this.entries.push({ level: "error", event, fields });
  }

  /** The events so far. */
  get events(): string[] {
    return this.entries.map(({ event }) => event);
  }
}
