/**
 * The options of all programs as a document, made from the same tables as `--help`.
 *
 * @module
 */

import { shownDefault } from "../../lib/cli/help.ts";
import { argumentsOf, flagOf, type OptionTable, placeholderOf, type Program } from "../../lib/cli/program.ts";
import { isList } from "../../lib/option.ts";

const INTRODUCTION = `# Options

All options, as in \`--help\` (\`-h\`) and the man pages. \`deno task reference\` makes this page from the programs' tables of
options. \`--version\` prints the version.

An option that has a variable can also be set by that environment variable. A flag takes precedence over the variable, and
the variable over the default. In a variable, a switch is 1 or 0, and commas separate the values of an option that can be repeated. DURATION is
a number with a unit, such as 250ms, 10s, 5m or 2h. SIZE is a number of bytes, or one with a unit, such as 64KiB or 256MiB.
`;

/**
 * Writes the document.
 *
 * @param programs The programs.
 */
export function optionsPage(programs: readonly Program<OptionTable>[]): string {
  return [INTRODUCTION, ...programs.map(programSection)].join("\n");
}

function programSection(program: Program<OptionTable>): string {
  const { name, commands = [], environment = [], exitCodes } = program;
  return [
    `## ${name}`,
    `\`${usageOf(program)}\``,
    optionTable(program.options),
    ...commands.map((command) =>
      [
        `\`${usageOf(command)}\`: ${command.summary.join(" ")}`,
        ...Object.keys(command.options).length === 0 ? [] : [optionTable(command.options)],
      ].join("\n\n")
    ),
    table(["other variable", "meaning"], environment.map(([variable, meaning]) => [code(variable), meaning])),
    table(["exit code", "meaning"], exitCodes.map(([number, meaning]) => [String(number), meaning])),
    "",
  ].join("\n\n").trimEnd() + "\n";
}

function usageOf(program: Program<OptionTable>): string {
  return `${program.name} [OPTIONS] ${argumentsOf(program)}`.trimEnd();
}

function optionTable(options: OptionTable): string {
  return table(
    ["option", "meaning", "default", "variable"],
    Object.entries(options).map(([name, option]) => {
      const placeholder = placeholderOf(option);
      return [
        code(`--${flagOf(name)}${placeholder === undefined ? "" : ` ${placeholder}`}`),
        option.help + (isList(option) ? " Can be repeated." : ""),
        shownDefault(option) ?? "",
        option.variable === undefined ? "" : code(option.variable),
      ];
    }),
  );
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [header, header.map(() => "---"), ...rows].map(lineOf).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
