/**
 * A program's man page, made from the same tables as `--help`.
 *
 * @module
 */

import { isList } from "../../lib/option.ts";
import { groupsOf, HELP_OPTIONS, notationsOf, shownDefault } from "../../lib/cli/help.ts";
import {
  argumentsOf,
  flagOf,
  type OptionDescription,
  type OptionTable,
  placeholderOf,
  type Program,
} from "../../lib/cli/program.ts";
import {
  argument,
  bold,
  type Entry,
  escaped,
  italic,
  literal,
  type PageHeading,
  pageHeading,
  type PageReference,
  paragraph,
  prose,
  seeAlsoSection,
  tagList,
} from "./roff.ts";

/** What a page contains besides the program's table. */
export interface ManPageOptions extends Pick<PageHeading, "date"> {
  /** Other pages to read. */
  readonly seeAlso: readonly PageReference[];
}

/**
 * Writes the man page of a program and its subcommands, in section 1.
 *
 * @param program The program, which must have a tagline.
 * @param options What else the page contains.
 * @returns The page's source, in mdoc(7).
 */
export function manPage(program: Program<OptionTable>, { date, seeAlso }: ManPageOptions): string {
  const { name, tagline = "", summary, arguments: descriptions = [], commands = [], options } = program;
  const { examples = [], signals = [], environment = [], files = [] } = program;
  const lines = [
    ...pageHeading({ name, section: 1, tagline, date }),
    ".Sh SYNOPSIS",
    ...[program, ...commands].flatMap((each) => synopsisOf(each, name)),
    ".Sh DESCRIPTION",
    ...paragraphs(summary),
    ...descriptions.length === 0 ? [] : tagList(descriptions.map(argumentEntry)),
    ".Sh OPTIONS",
    ...paragraphs([...notationsOf(options)]),
    ...[...groupsOf(options)].flatMap(([heading, members]) => [
      `.Ss ${escaped(heading)}`,
      ...tagList(members.map(optionEntry)),
    ]),
    ".Ss Help",
    ...tagList(HELP_OPTIONS.map(([flags, meaning]) => [flags.map(flagMacro).join(" , "), paragraph(meaning)])),
    ...section("COMMANDS", commands.flatMap((command) => [`.Ss ${escaped(command.name)}`, ...commandText(command)])),
    ...section("SIGNALS", listOf(signals, (signal) => bold(signal))),
    ".Sh ENVIRONMENT",
    ...paragraphs([
      "A flag takes precedence over its variable. In a variable, a switch is 1 or 0, and commas separate repeated values.",
    ]),
    ...tagList([
      ...variableEntries(program),
      ...environment.map(([variable, meaning]): Entry => [
        `Ev ${argument(variable)}`,
        paragraph(meaning),
      ]),
    ]),
    ...section("FILES", listOf(files, (path) => `Pa ${argument(path)}`)),
    ".Sh EXIT STATUS",
    ...exitStatus(program),
    ...section(
      "EXAMPLES",
      examples.flatMap(([command, meaning], index) => [
        ...index === 0 ? [] : [".Pp"],
        ...paragraph(meaning),
        ...literal(command),
      ]),
    ),
    ...seeAlsoSection(seeAlso),
  ];
  return `${lines.join("\n")}\n`;
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.Sh ${heading}`, ...lines];
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, index) => index === 0 ? paragraph(text) : [".Pp", ...paragraph(text)]);
}

function listOf(rows: ReadonlyArray<readonly [string, string]>, term: (text: string) => string): string[] {
  return rows.length === 0 ? [] : tagList(rows.map(([text, meaning]): Entry => [term(text), paragraph(meaning)]));
}

function synopsisOf(program: Program<OptionTable>, name: string): string[] {
  const command = program.name.slice(name.length + 1);
  return [
    `.Nm ${name}`,
    ...command === "" ? [] : [`.Cm ${command.split(" ").map(argument).join(" ")}`],
    ".Op Ar OPTIONS",
    ...(program.arguments ?? []).map(({ placeholder, isRequired, isRepeatable }) =>
      `.${isRequired ? "" : "Op "}Ar ${argument(placeholder)}${isRepeatable ? " ..." : ""}`
    ),
  ];
}

/** The text under a subcommand's heading. */
function commandText(command: Program<OptionTable>): string[] {
  const { name, summary, arguments: descriptions = [], options, examples = [] } = command;
  const usage = [bold(name), italic("[OPTIONS]"), ...descriptions.length === 0 ? [] : [italic(argumentsOf(command))]];
  const entries = [...descriptions.map(argumentEntry), ...Object.entries(options).map(optionEntry)];
  return [
    ...prose(usage.join(" ")),
    ".Pp",
    ...paragraphs(summary),
    ...entries.length === 0 ? [] : tagList(entries),
    ...examples.flatMap(([line, meaning]) => [".Pp", ...paragraph(meaning), ...literal(line)]),
  ];
}

function argumentEntry({ placeholder, help }: { readonly placeholder: string; readonly help: string }): Entry {
  return [`Ar ${argument(placeholder)}`, paragraph(help)];
}

function optionEntry([name, option]: readonly [string, OptionDescription]): Entry {
  const placeholder = placeholderOf(option);
  const shown = shownDefault(option);
  const notes = [
    ...shown === undefined ? [] : [`Default: ${bold(shown)}.`],
    ...isList(option) ? ["Can be repeated."] : [],
    ...option.variable === undefined ? [] : [`Variable: ${bold(option.variable)}.`],
  ];
  return [
    `${flagMacro(`--${flagOf(name)}`)}${placeholder === undefined ? "" : ` Ar ${argument(placeholder)}`}`,
    [...paragraph(option.help), ...notes.length === 0 ? [] : prose(notes.join(" "))],
  ];
}

function flagMacro(flag: string): string {
  return `Fl ${escaped(flag.slice(1))}`;
}

/** The variables of the program's options and of its subcommands'. */
function variableEntries({ name, options, commands = [] }: Program<OptionTable>): Entry[] {
  const flagsByVariable = new Map<string, Set<string>>();
  for (const table of [options, ...commands.map((command) => command.options)]) {
    for (const [property, { variable }] of Object.entries(table)) {
      if (variable === undefined) continue;
      flagsByVariable.set(variable, (flagsByVariable.get(variable) ?? new Set()).add(`--${flagOf(property)}`));
    }
  }
  return [...flagsByVariable].toSorted(([one], [other]) => one < other ? -1 : 1).map(([variable, flags]): Entry => [
    `Ev ${argument(variable)}`,
    paragraph(`The value of ${[...flags].join(" and ")} of ${name}.`),
  ]);
}

/** The exit codes of the program, then those of its subcommands; subcommands with the same codes share one list. */
function exitStatus({ exitCodes, commands = [] }: Program<OptionTable>): string[] {
  const listOfCodes = (codes: Program<OptionTable>["exitCodes"]) =>
    tagList(codes.map(([code, meaning]): Entry => [escaped(`${code}`), paragraph(meaning)]));
  const byCodes = Map.groupBy(commands, (command) => JSON.stringify(command.exitCodes));
  return [
    ...listOfCodes(exitCodes),
    ...[...byCodes.values()].flatMap((members) => [
      ".Pp",
      ...prose(`Of ${members.map(({ name }) => bold(name)).join(", ")}:`),
      ...listOfCodes(members[0]!.exitCodes),
    ]),
  ];
}
