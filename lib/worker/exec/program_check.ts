/**
 * Checks whether a program can be started, without starting it.
 *
 * @module
 */

import { notStarted } from "../job_error.ts";

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Looks where exec(3) would. A shell does it, since reading folders would need one more of Deno's permissions. */
const SCRIPT = `
runs() { test -f "$1" && test -x "$1"; }
case $1 in
  */*) test -e "$1" || exit ${NOT_FOUND}; runs "$1" || exit ${NOT_EXECUTABLE}; exit 0 ;;
esac
IFS=:; set -f
for folder in $PATH; do runs "\${folder:-.}/$1" && exit 0; done
exit ${NOT_FOUND}`;

/**
 * Checks whether a program is there and executable.
 *
 * @param program Its path, or its name in PATH.
 * @throws {JobError} `NOT_STARTED`.
 */
export async function checkProgram(program: string): Promise<void> {
  const code = await lookUp(program);
  if (code === NOT_FOUND) throw notStarted(program, "there is no such program; give its path, or put it in PATH");
  if (code === NOT_EXECUTABLE) throw notStarted(program, "it is not executable; see chmod(1)");
}

/** The script's exit code; 0 also when there is no shell that could tell. */
async function lookUp(program: string): Promise<number> {
  try {
    const { code } = await new Deno.Command("/bin/sh", {
      args: ["-c", SCRIPT, "sh", program],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn().status;
    return code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return 0;
    throw error;
  }
}
