/**
 * Completions for bash, 3.2 (macOS) and later; the package bash-completion is not needed.
 *
 * @module
 */

import type { Candidates, CommandLine } from "./command_line.ts";

/** The option of compgen for each kind of name. */
const ACTION_BY_KIND = { file: "-f", folder: "-d", program: "-c" } as const;

/**
 * Writes the script.
 *
 * @param name The program's name.
 * @param commands Its command lines.
 */
export function bashCompletions(name: string, commands: readonly CommandLine[]): string {
  const values = commands.flatMap(({ words, flags }) =>
    flags.flatMap(({ flag, value }): Place[] => value === undefined ? [] : [[`${words} ${flag}`, value.candidates]])
  );
  const args = commands.flatMap(({ words, arguments: all }) =>
    all.map(({ candidates }, position): Place => [`${words} ${position}`, candidates])
  );
  const flags = commands.map(({ words, flags }): Place => [words, wordsOf(flags.map(({ flag }) => flag))]);
  const next = commands.map((command): Place => [command.words, wordsOf(command.next.map(({ word }) => word))]);
  const subcommands = commands.map(({ words }) => words).filter((words) => words !== "");
  return `# Completions of ${name} for bash, made from the tables of its --help.

_${name}() {
  local current command='' flag='' position=0 index=1 first word
  COMPREPLY=()
  current=\${COMP_WORDS[COMP_CWORD]}
  # The subcommand comes first.
  while ((index < COMP_CWORD)); do
    word=\${command:+$command }\${COMP_WORDS[index]}
    case $word in
      ${subcommands.map(quoted).join(" | ") || "''"}) command=$word ;;
      *) break ;;
    esac
    ((index += 1))
  done
  first=$((index == COMP_CWORD))
  # Then options and arguments; bash splits --option=value into three words.
  for (( ; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $flag != '' ]]; then
      if [[ $word != = ]]; then flag=''; fi
      continue
    fi
    case "$command $word" in
      ${values.map(([place]) => quoted(place)).join(" | ") || "''"}) flag=$word ;;
      *' -'*) ;;
      *) ((position += 1)) ;;
    esac
  done
  if [[ $current == = ]]; then current=''; fi
  if [[ $flag != '' ]]; then
    case "$command $flag" in
${branches(name, values)}
    esac
  elif [[ $current == -* ]]; then
    case $command in
${branches(name, flags)}
    esac
  else
    if ((first)); then
      case $command in
${branches(name, next)}
      esac
    fi
    case "$command $position" in
${branches(name, args)}
    esac
  fi
}

# Offers those of the given words that begin like the current one.
_${name}_words() {
  local word
  for word; do
    if [[ $word == "$current"* ]]; then COMPREPLY+=("$word"); fi
  done
}

# Offers files (-f), folders (-d) or programs (-c).
_${name}_names() {
  local IFS=$'\\n'
  # Not in bash 3.2.
  if [[ $1 != -c ]]; then compopt -o filenames 2> /dev/null; fi
  COMPREPLY=($(compgen "$1" -- "$current"))
}

complete -F _${name} ${name}
`;
}

/** A place on the command line, as the script names it, and what can stand there. */
type Place = readonly [place: string, candidates: Candidates];

function wordsOf(words: readonly string[]): Candidates {
  return { kind: "words", words };
}

/** The branches of a `case` over places. */
function branches(name: string, places: readonly Place[]): string {
  const byAction = Map.groupBy(places, ([, candidates]) => actionOf(name, candidates));
  return [
    ...[...byAction].flatMap(([action, members]) =>
      action === undefined ? [] : [`      ${members.map(([place]) => quoted(place)).join(" | ")}) ${action} ;;`]
    ),
    "      *) ;;",
  ].join("\n");
}

function actionOf(name: string, candidates: Candidates): string | undefined {
  switch (candidates.kind) {
    case "words":
      if (candidates.words.length === 0) return undefined;
      return `_${name}_words ${candidates.words.map(quoted).join(" ")}`;
    case "any":
      return undefined;
    default:
      return `_${name}_names ${ACTION_BY_KIND[candidates.kind]}`;
  }
}

function quoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text}'`;
}
