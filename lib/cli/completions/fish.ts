/**
 * Completions for fish, 3 and later.
 *
 * @module
 */

import type { Candidates, CommandLine } from "./command_line.ts";

/** What offers each kind of name. */
const ACTION_BY_KIND = {
  file: "-F",
  folder: "-f -a '(__fish_complete_directories)'",
  program: "-f -a '(__fish_complete_command)'",
} as const;

/**
 * Writes the script.
 *
 * @param name The program's name.
 * @param commands Its command lines.
 */
export function fishCompletions(name: string, commands: readonly CommandLine[]): string {
  const valued = commands.flatMap(({ words, flags }) =>
    flags.filter(({ value }) => value !== undefined).map(({ flag }) => quoted(`${words} ${flag}`))
  );
  return `# Completions of ${name} for fish, made from the tables of its --help.

# Prints the subcommand, and on further lines how many arguments it has so far and whether an option comes before the
# current word.
function __${name}_place
    set -l words (commandline -opc)[2..-1]
    set -l command ''
    while set -q words[1]
        switch (string trim -- "$command $words[1]")
            case ${commands.filter(({ words }) => words !== "").map(({ words }) => quoted(words)).join(" ") || "''"}
                set command (string trim -- "$command $words[1]")
                set -e words[1]
            case '*'
                break
        end
    end
    set -l position 0
    set -l options 0
    while set -q words[1]
        switch "$command $words[1]"
            case ${valued.join(" ") || "''"}
                set options 1
                set -e words[1]
            case '* -*'
                set options 1
            case '*'
                set position (math $position + 1)
        end
        set -e words[1]
    end
    echo $command
    echo $position
    echo $options
end

# Whether the command line is that of a subcommand.
function __${name}_is
    set -l place (__${name}_place)
    test "$place[1]" = "$argv[1]"
end

# Whether its argument of this number comes next.
function __${name}_at
    set -l place (__${name}_place)
    test "$place[1] $place[2]" = "$argv[1] $argv[2]"
end

# Whether a further word of a subcommand may come next.
function __${name}_first
    set -l place (__${name}_place)
    test "$place[1] $place[2] $place[3]" = "$argv[1] 0 0"
end

complete -c ${name} -f
${commands.map((command) => linesOf(name, command).join("\n")).join("\n")}
`;
}

function linesOf(name: string, { words, flags, arguments: args, next }: CommandLine): string[] {
  const when = (test: string, ...rest: readonly string[]) =>
    `-n ${quoted([`__${name}_${test}`, `'${words}'`, ...rest].join(" "))}`;
  return [
    ...next.map(({ word, help }) => `complete -c ${name} ${when("first")} -a ${quoted(word)} -d ${quoted(help)}`),
    ...flags.map(({ flag, help, value }) => {
      const form = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      const parts = [`complete -c ${name} ${when("is")} ${form}`, `-d ${quoted(help)}`];
      return [...parts, ...value === undefined ? [] : [`-r ${actionOf(value.candidates)}`]].join(" ");
    }),
    ...args.map(({ candidates }, position) =>
      `complete -c ${name} ${when("at", `${position}`)} ${actionOf(candidates)}`
    ),
  ];
}

/** Says what is offered; by default fish offers files. */
function actionOf(candidates: Candidates): string {
  switch (candidates.kind) {
    case "words":
      return `-f -a ${quoted(candidates.words.join(" "))}`;
    case "any":
      return "-f";
    default:
      return ACTION_BY_KIND[candidates.kind];
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
