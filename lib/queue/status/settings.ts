/**
 * The settings in effect, and where each came from.
 *
 * @module
 */

import type { Setting } from "./status.ts";

/** Returns where a setting came from: its flag or its variable; `undefined` for a default. */
export type SourceOf = (name: string) => string | undefined;

/**
 * Lists settings.
 *
 * @param values The values in effect, by name, such as `maxBacklog`.
 * @param sourceOf Where each came from.
 */
export function settingsOf(values: Readonly<Record<string, unknown>>, sourceOf: SourceOf): Setting[] {
  return Object.entries(values).map(([name, value]) => ({
    name,
    value: value ?? null,
    from: sourceOf(name) ?? "default",
  }));
}
