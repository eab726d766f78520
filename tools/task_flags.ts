/**
 * The flags of each program, from source and as a binary: those of its task in deno.json.
 *
 * These are its permissions and, for worker and client, `--no-maglev`. V8 has several optimizing compilers. The middle
 * one (Maglev) cannot make FFI calls directly, but the last one can, and without the middle one, a program reaches the
 * last one sooner. The queue runs long enough that this makes no difference.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** A program's role. */
export type Role = "queue" | "worker" | "client";

/**
 * Gives the flags of a program's task.
 *
 * @param role The program.
 * @returns Flags for `deno run` and `deno compile`.
 */
export function taskFlags(role: Role): string[] {
  // In deno.json, quotes keep `deno task` from expanding a star to file names.
  const parts = config.tasks[role].command.split(" ").map((part) => part.replaceAll("'", ""));
  return parts.filter((part) => part.startsWith("--"));
}
