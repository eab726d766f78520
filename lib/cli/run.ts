/**
 * Runs a program: `--help` and `--version`, its arguments, what it does, and how its errors end it.
 *
 * @module
 */

import { writeAll } from "../log.ts";
import { helpText } from "./help.ts";
import { parseCommandLine } from "./parse.ts";
import { obeySignals } from "./signals.ts";
import { ExitCode, type OptionTable, type OptionValues, type Program, UsageError, VERSION } from "./program.ts";

/**
 * Runs a program: `--help` and `--version` first, then its arguments, then what it does; errors become one sentence on
 * standard error and an exit code. Ends the process.
 *
 * @param program The program.
 * @param main What it does with its options and its argument; resolves to the exit code.
 */
export async function runProgram<Table extends OptionTable>(
  program: Program<Table>,
  main: (options: OptionValues<Table>, argument: string | undefined) => Promise<number>,
): Promise<never> {
  const end = Deno.args.indexOf("--");
  const words = end < 0 ? Deno.args : Deno.args.slice(0, end);
  if (words.includes("--help") || words.includes("-h")) {
    writeAll(Deno.stdout, helpText(program));
    Deno.exit(ExitCode.DONE);
  }
  if (words.includes("--version")) {
    writeAll(Deno.stdout, `${program.name} ${VERSION}\n`);
    Deno.exit(ExitCode.DONE);
  }
  obeySignals();
  try {
    const { options, argument } = parseCommandLine(program, Deno.args, (name) => Deno.env.get(name));
    Deno.exit(await main(options, argument));
  } catch (error) {
    if (error instanceof UsageError) {
      const sentence = error.message.endsWith("?") ? error.message : `${error.message}.`;
      writeAll(Deno.stderr, `${program.name}: ${sentence} Run "${program.name} --help" for all options.\n`);
      Deno.exit(ExitCode.USAGE);
    }
    // Errors with a code are of the world's making; any other is a defect, and its stack is wanted.
    const isExpected = error instanceof Error && "code" in error;
    const text = isExpected ? error.message : error instanceof Error ? error.stack ?? error.message : String(error);
    writeAll(Deno.stderr, `${program.name}: ${text}\n`);
    Deno.exit(ExitCode.FAILED);
  }
}
