/**
 * The subcommand that prints a program's completions.
 *
 * @module
 */

import { writeOutput } from "../standard_output.ts";
import { type Command, command } from "./command.ts";
import { ExitCode, UsageError } from "./program.ts";
import { SHELLS } from "./shells.ts";

/**
 * Describes `completion SHELL`.
 *
 * @param name The program's name.
 */
export function completionCommand(name: string): Command {
  return command({
    name: `${name} completion`,
    summary: [
      `Print the completions of ${name} for a shell.`,
      "The packages install them. Otherwise, save the output to a file that the shell reads when it starts.",
    ],
    arguments: [{
      placeholder: "SHELL",
      help: `Which shell: ${SHELLS.join(", ")}.`,
      candidates: SHELLS,
      isRequired: true,
    }],
    options: {},
    examples: [
      [`source <(${name} completion bash)`, "Use them in this shell, bash or zsh."],
      [`${name} completion fish > ~/.config/fish/completions/${name}.fish`, "Install them for fish."],
    ],
    exitCodes: [[0, "done"], [1, "failed"], [2, "usage error"]],
  }, async () => {
    const { completionScript } = await import("./completions.ts");
    return (_options, [name], program) => {
      const shell = SHELLS.find((shell) => shell === name);
      if (shell === undefined) {
        throw new UsageError(`Argument SHELL cannot be "${name}": it must be one of ${SHELLS.join(", ")}`);
      }
      writeOutput(completionScript(program, shell));
      return Promise.resolve(ExitCode.DONE);
    };
  });
}
