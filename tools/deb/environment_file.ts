/**
 * Environment files for services, made from the tables of options.
 *
 * @module
 */

import { groupsOf, notationsOf, wrap } from "../../lib/cli/help.ts";
import { type OptionDescription, type OptionTable, placeholderOf, type Program } from "../../lib/cli/program.ts";
import { formatDuration, formatSize } from "../../lib/units.ts";

const WIDTH = 100;

/**
 * Writes an environment file in which every variable of a program is commented out.
 *
 * @param program The program.
 * @param heading What the file is for; each text is a paragraph. Line feeds in a text are kept.
 * @returns The text of the file.
 */
export function environmentFile({ options }: Program<OptionTable>, heading: readonly string[]): string {
  const paragraphs = [
    ...heading.map(comment),
    comment(
      ["Commas separate the values of what can be repeated; a switch is 1 or 0.", ...notationsOf(options)].join(" "),
    ),
  ];
  for (const [group, members] of groupsOf(options)) {
    const entries = members.flatMap(([, option]) => option.variable === undefined ? [] : [entryOf(option)]);
    if (entries.length > 0) paragraphs.push(`## ${group}`, ...entries);
  }
  return `${paragraphs.join("\n\n")}\n`;
}

function comment(text: string): string {
  const lines = text.split("\n").flatMap((line) => line.startsWith(" ") ? [line] : wrap(line, WIDTH - "# ".length));
  return lines.map((line) => `# ${line}`).join("\n");
}

function entryOf(option: OptionDescription): string {
  return `${comment(option.help)}\n#${option.variable}=${valueOf(option)}`;
}

/** Its default as a user would write it, or a placeholder. */
function valueOf(option: OptionDescription): string {
  const { kind, defaultValue } = option;
  if (kind === "switch") return defaultValue ? "1" : "0";
  if (defaultValue === undefined) return placeholderOf(option)!;
  if (kind === "duration" && typeof defaultValue === "number") return formatDuration(defaultValue);
  if (kind === "size" && typeof defaultValue === "number") return formatSize(defaultValue);
  return String(defaultValue);
}
