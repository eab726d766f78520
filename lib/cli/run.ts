/**
 * Runs a program: handles `--help` and `--version`, parses its arguments, runs it, and turns its errors into exit
 * codes.
 *
 * @module
 */

import { printLast } from "../standard_error.ts";
import { OutputClosedError, writeOutput } from "../standard_output.ts";
import { type Command, findCommand, type Main } from "./command.ts";
import { surviveDebuggerSignal } from "./debugger.ts";
import { isArgumentAltered } from "./environment.ts";
import { helpText } from "./help.ts";
import { parseCommandLine } from "./parse.ts";
import { obeySignals } from "./signals.ts";
import { ExitCode, type OptionTable, type Program, UsageError } from "./program.ts";
import { versionText } from "./version.ts";

/**
 * Runs a program: first `--help` and `--version`, then its arguments, then its main function. An error becomes one
 * sentence on standard error and an exit code. Ends the process.
 *
 * @param program The program.
 * @param main What it does.
 * @param commands Its subcommands.
 */
export async function runProgram<Table extends OptionTable>(
  program: Program<Table>,
  main: Main<Table>,
  commands: readonly Command[] = [],
): Promise<never> {
  let { name } = program;
  try {
    const found = findCommand(name, commands, Deno.args);
    if (found === undefined) Deno.exit(await run({ program, main, args: Deno.args, whole: program }));
    const { command, args } = found;
    name = command.program.name;
    Deno.exit(await run({ program: command.program, main: await command.load(), args, whole: program }));
  } catch (error) {
    const { code, sentence } = failureOf(error, name);
    if (sentence !== undefined) await printLast(`${name}: ${sentence}\n`);
    Deno.exit(code);
  }
}

/** A program or subcommand, and its arguments. */
interface Run<Table extends OptionTable> {
  readonly program: Program<Table>;
  readonly main: Main<Table>;
  readonly args: readonly string[];
  /** The whole program, of which this may be a subcommand. */
  readonly whole: Program<OptionTable>;
}

async function run<Table extends OptionTable>({ program, main, args, whole }: Run<Table>): Promise<number> {
  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  if (words.includes("--help") || words.includes("-h")) {
    writeOutput(helpText(program));
    return ExitCode.DONE;
  }
  if (words.includes("--version")) {
    writeOutput(`${await versionText(program.name)}\n`);
    return ExitCode.DONE;
  }
  obeySignals();
  surviveDebuggerSignal();
  for (const argument of args) {
    if (isArgumentAltered(argument)) throw new UsageError(`Argument ${JSON.stringify(argument)} is not UTF-8`);
  }
  const commandLine = parseCommandLine(program, args, readVariable);
  return await main(commandLine.options, commandLine.arguments, whole, commandLine.sources);
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new UsageError(`Variable ${name} is not UTF-8`, { cause: error });
  }
}

/** The exit code for an error, and the sentence to print. */
function failureOf(error: unknown, name: string): { readonly code: number; readonly sentence?: string } {
  // For example, in "spqueue --help | head -1".
  if (error instanceof OutputClosedError) return { code: ExitCode.DONE };
  if (error instanceof UsageError) {
    const sentence = error.message.endsWith("?") ? error.message : `${error.message}.`;
    return { code: ExitCode.USAGE, sentence: `${sentence} Run "${name} --help" for all options.` };
  }
  // Errors with a code come from outside. Any other error is a bug, so its stack is printed.
  const isExpected = error instanceof Error && "code" in error;
  const sentence = isExpected ? error.message : error instanceof Error ? error.stack ?? error.message : String(error);
  return { code: ExitCode.FAILED, sentence };
}
