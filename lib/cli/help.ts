/**
 * A program's `--help`.
 *
 * @module
 */

import { isList, type Option } from "../option.ts";
import { formatDuration, formatSize } from "../units.ts";
import {
  argumentsOf,
  flagOf,
  type OptionDescription,
  type OptionTable,
  placeholderOf,
  type Program,
  VERSION,
} from "./program.ts";

/** The longest line, in characters, so that the text fits a terminal of usual width. */
const WIDTH = 100;
const INDENT = "  ";
/** Between two columns. */
const GAP = "  ";

/** How to write the kinds of values that several options have. */
const NOTATIONS: readonly (readonly [kind: Option["kind"], text: string])[] = [
  ["duration", "DURATION is a number with a unit, such as 250ms, 10s, 5m or 2h."],
  ["size", "SIZE is a number of bytes, or one with a unit, such as 64KiB or 256MiB."],
];
const VARIABLES =
  "SPQ_... in brackets is the environment variable of an option; a flag takes precedence over it. In a " +
  "variable, a switch is 1 or 0, and commas separate repeated values.";

/** The options that every program and subcommand has, besides those of its table. */
export const HELP_OPTIONS: readonly (readonly [flags: readonly string[], meaning: string])[] = [
  [["-h", "--help"], "Print this text and exit."],
  [["--version"], "Print the version and exit."],
];

/** Left and right column. */
type Row = readonly [left: string, right: string];

/**
 * Writes a program's `--help`.
 *
 * @param program The program.
 * @returns The text, with a line feed at its end.
 */
export function helpText(program: Program<OptionTable>): string {
  const { name, summary, arguments: descriptions = [], commands = [], options, examples = [], exitCodes } = program;
  const sections: [heading: string, rows: Row[]][] = [
    ...section(
      descriptions.length === 1 ? "Argument" : "Arguments",
      descriptions.map(({ placeholder, help }) => [placeholder, help]),
    ),
    ...section("Commands", commands.map((command) => [command.name.slice(name.length + 1), command.summary[0]!])),
    ...[...groupsOf(options)].map(([heading, members]): [string, Row[]] => [heading, members.map(rowOf)]),
    ["Help", HELP_OPTIONS.map(([flags, meaning]) => [flags.join(", "), meaning])],
  ];
  const width = widthOf(sections.flatMap(([, rows]) => rows));
  const codes = exitCodes.map(([code, meaning]): Row => [String(code), meaning]);
  const notations = notationsOf(options);
  const hasVariables = Object.values(options).some(({ variable }) => variable !== undefined);
  const paragraphs = [
    `${name} ${VERSION}`,
    ...summary.map((paragraph) => wrap(paragraph, WIDTH).join("\n")),
    ["Usage:", name, "[OPTIONS]", argumentsOf(program)].join(" ").trimEnd() +
    (commands.length === 0 ? "" : `\n       ${name} COMMAND`),
    ...sections.map(([heading, rows]) => `${heading}:\n${formatRows(rows, width)}`),
    ...(notations.length === 0 ? [] : [wrap(notations.join(" "), WIDTH).join("\n")]),
    ...(hasVariables ? [wrap(VARIABLES, WIDTH).join("\n")] : []),
    ...(examples.length === 0 ? [] : [`Examples:\n${formatRows(examples, widthOf(examples))}`]),
    `Exit codes:\n${formatRows(codes, widthOf(codes))}`,
  ];
  return `${paragraphs.join("\n\n")}\n`;
}

/**
 * Groups options by their headings.
 *
 * @param options The options.
 */
export function groupsOf(options: OptionTable): Map<string, [name: string, option: OptionDescription][]> {
  return Map.groupBy(Object.entries(options), ([, option]) => option.group ?? "Options");
}

/**
 * Explains how to write the values of options.
 *
 * @param options The options.
 * @returns A sentence for each kind of value that needs one.
 */
export function notationsOf(options: OptionTable): string[] {
  const kinds = new Set(Object.values(options).map(({ kind }) => kind));
  return NOTATIONS.flatMap(([kind, text]) => kinds.has(kind) ? [text] : []);
}

/** A section, unless it would be empty. */
function section(heading: string, rows: readonly Row[]): [heading: string, rows: Row[]][] {
  return rows.length === 0 ? [] : [[heading, [...rows]]];
}

function rowOf([name, option]: readonly [string, OptionDescription]): Row {
  const placeholder = placeholderOf(option);
  const left = `--${flagOf(name)}${placeholder === undefined ? "" : ` ${placeholder}`}`;
  const shown = shownDefault(option);
  const notes = [
    ...(shown === undefined ? [] : [`default: ${shown}`]),
    ...(isList(option) ? ["can be repeated"] : []),
    ...(option.variable === undefined ? [] : [option.variable]),
  ];
  // A note stays on one line.
  return [left, [option.help, ...notes.map((note) => `[${note.replaceAll(" ", "\u00a0")}]`)].join(" ")];
}

/**
 * Shows an option's default as a user would write it.
 *
 * @param option The option.
 * @returns The default; `undefined` if there is none to show.
 */
export function shownDefault(option: OptionDescription): string | undefined {
  if (option.shownDefault !== undefined) return option.shownDefault;
  const { kind, defaultValue } = option;
  if (defaultValue === undefined || kind === "switch" || kind === "choices") return undefined;
  if (kind === "duration" && typeof defaultValue === "number") return formatDuration(defaultValue);
  if (kind === "size" && typeof defaultValue === "number") return formatSize(defaultValue);
  return String(defaultValue);
}

/** The width of the left column. */
function widthOf(rows: readonly Row[]): number {
  return Math.max(...rows.map(([left]) => left.length));
}

function formatRows(rows: readonly Row[], width: number): string {
  return rows.flatMap(([left, right]) =>
    wrap(right, WIDTH - INDENT.length - width - GAP.length).map((line, index) =>
      `${INDENT}${(index === 0 ? left : "").padEnd(width)}${GAP}${line}`
    )
  ).join("\n");
}

/**
 * Breaks text into lines at its spaces; a no-break space becomes a space.
 *
 * @param text The text.
 * @param width The longest line.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((line) => line.replaceAll("\u00a0", " "));
}
