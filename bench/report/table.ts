/**
 * Tables of figures, for the terminal and as Markdown.
 *
 * @module
 */

import { writeOutput } from "../../lib/standard_output.ts";
import type { Goal, GoalResult } from "./goals.ts";
import type { Figure, Row } from "./results.ts";

/** A number with three significant digits, at most two of them decimals. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2);
  return text === "-0.00" ? "0.00" : text;
}

/** A figure, such as `1.02 (0.98-1.10)`: the median, and the extremes where there is more than one value. */
export function figureText(figure: Figure | undefined): string {
  if (figure === undefined) return "-";
  if (typeof figure === "number") return numberText(figure);
  return `${numberText(figure.median)} (${numberText(figure.min)}-${numberText(figure.max)})`;
}

/** A goal, such as `<= 1.10`. */
export function boundText(goal: Goal): string {
  return "atLeast" in goal ? `>= ${goal.atLeast.toFixed(2)}` : `<= ${goal.atMost.toFixed(2)}`;
}

function keysOf(records: readonly (Readonly<Record<string, unknown>> | undefined)[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record ?? {})))];
}

/** A line for each row and a column for each figure, the heading first. */
export function rowTable(rows: readonly Row[]): string[][] {
  const labels = keysOf(rows.map((row) => row.labels));
  const figures = keysOf(rows.map((row) => row.figures));
  return [
    ["", ...labels, ...figures],
    ...rows.map((row) => [
      row.of,
      ...labels.map((label) => row.labels?.[label] ?? "-"),
      ...figures.map((name) => figureText(row.figures[name])),
    ]),
  ];
}

/** The same with columns as lines. */
export function transposed(table: readonly (readonly string[])[]): string[][] {
  return (table[0] ?? []).map((_, column) => table.map((line) => line[column] ?? ""));
}

/** All goals, the heading first. */
export function goalTable(goals: readonly GoalResult[]): string[][] {
  return [
    ["", "of", "what", "median (min-max)", "goal", ""],
    ...goals.map(({ subject, of, figure, value, goal, isMet }) => [
      subject,
      of,
      figure,
      figureText(value),
      boundText(goal),
      isMet ? "met" : "MISSED",
    ]),
  ];
}

/** How many goals are met, in words. */
export function goalSummary(goals: readonly GoalResult[]): string {
  return `${goals.filter(({ isMet }) => isMet).length} of ${goals.length} goals met`;
}

/** Pads the cells, so that columns are aligned: the first to the left, the others to the right. */
function aligned(table: readonly (readonly string[])[]): string[][] {
  const widths = transposed(table).map((column) => Math.max(...column.map(({ length }) => length)));
  return table.map((line) => line.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)));
}

/** A table as Markdown. */
export function markdownTable(table: readonly (readonly string[])[]): string {
  const [heading = [], ...lines] = aligned(table);
  const rule = heading.map(({ length }, i) => i === 0 ? "-".repeat(length) : `${"-".repeat(length - 1)}:`);
  return [heading, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** Prints a line to standard output. */
export function print(line: string): void {
  writeOutput(`${line}\n`);
}

/** Prints a table to standard output. */
export function printTable(title: string, table: readonly (readonly string[])[]): void {
  print(`\n${title}`);
  for (const line of aligned(table)) print(`  ${line.join("  ").trimEnd()}`);
}
