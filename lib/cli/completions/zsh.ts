/**
 * Completions for zsh.
 *
 * @module
 */

import type { Candidates, CommandLine, Flag } from "./command_line.ts";

/** What offers each kind of name. */
const ACTION_BY_KIND = { file: "_files", folder: "_files -/", program: "_cmdstring" } as const;

/**
 * Writes the script.
 *
 * @param name The program's name.
 * @param commands Its command lines.
 */
export function zshCompletions(name: string, commands: readonly CommandLine[]): string {
  const subcommands = commands.map(({ words }) => words).filter((words) => words !== "");
  return `#compdef ${name}
# Completions of ${name} for zsh, made from the tables of its --help.

_${name}() {
  local command='' word
  integer depth=1
  # The subcommand comes first.
  while ((depth + 1 < CURRENT)); do
    word=\${command:+$command }\${words[depth + 1]}
    case $word in
      ${subcommands.map(quoted).join(" | ") || "''"}) command=$word ;;
      *) break ;;
    esac
    ((depth += 1))
  done
  words=("\${words[1]}" "\${(@)words[depth + 1, -1]}")
  ((CURRENT -= depth - 1))
  case $command in
${commands.map((command) => branch(command)).join("\n")}
  esac
}

if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function branch({ words, flags, arguments: args, next }: CommandLine): string {
  const specs = [
    ...flags.map(specOf),
    ...args.map(({ placeholder, candidates }) => quoted(`:${placeholder}:${actionOf(candidates)}`)),
  ];
  const offered = next.map(({ word, help }) => quoted(`${word.replaceAll(":", "\\:")}:${help}`));
  return [
    `    ${quoted(words)})`,
    ...offered.length === 0 ? [] : [
      "      local -a next",
      `      next=(\n${offered.map((line) => `        ${line}`).join("\n")}\n      )`,
      "      if ((CURRENT == 2)) && [[ ${words[2]} != -* ]]; then _describe -t commands command next; return; fi",
    ],
    `      _arguments -s -S \\\n${specs.map((spec) => `        ${spec}`).join(" \\\n")}`,
    "      ;;",
  ].join("\n");
}

function specOf({ flag, help, value, isRepeatable }: Flag): string {
  const escapedHelp = help.replaceAll(/[[\]\\]/g, "\\$&");
  const form = `${isRepeatable ? "*" : ""}${flag}${value === undefined ? "" : "="}[${escapedHelp}]`;
  return quoted(
    value === undefined ? form : `${form}:${value.placeholder.replaceAll(":", "\\:")}:${actionOf(value.candidates)}`,
  );
}

function actionOf(candidates: Candidates): string {
  switch (candidates.kind) {
    case "words":
      return `(${candidates.words.join(" ")})`;
    case "any":
      // Shows what kind of value is expected.
      return " ";
    default:
      return ACTION_BY_KIND[candidates.kind];
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
