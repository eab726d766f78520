/**
 * The flags with which a program runs, from source and as a binary: those of its task in deno.json.
 *
 * They are its permissions, and for worker and client `--no-maglev`: V8's compiler for functions that are rather hot cannot
 * have them call C directly, the one for hot ones can, and without the first a program comes to the second sooner. The
 * queue runs so long that it makes no difference there.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** A program's role. */
export type Role = "queue" | "worker" | "client";

/**
 * The flags of a program's task.
 *
 * @param role The program.
 * @returns Flags of `deno run` and of `deno compile`.
 */
export function taskFlags(role: Role): string[] {
  // Quotes keep deno task from taking a star for a pattern of file names.
  const words = config.tasks[role].command.split(" ").map((word) => word.replaceAll("'", ""));
  return words.filter((word) => word.startsWith("--"));
}
