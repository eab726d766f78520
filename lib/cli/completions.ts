/**
 * Completions for shells, made from the tables that `--help` is made from.
 *
 * @module
 */

import { bashCompletions } from "./completions/bash.ts";
import { commandLinesOf } from "./completions/command_line.ts";
import { fishCompletions } from "./completions/fish.ts";
import { zshCompletions } from "./completions/zsh.ts";
import type { OptionTable, Program } from "./program.ts";
import type { Shell } from "./shells.ts";

const WRITERS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions } as const;

/**
 * Writes the script that teaches a shell a program's command line.
 *
 * @param program The program.
 * @param shell The shell.
 * @returns The script, for the shell to read at its start or from its folder of completions.
 */
export function completionScript(program: Program<OptionTable>, shell: Shell): string {
  return WRITERS[shell](program.name, commandLinesOf(program));
}
