/**
 * Prints the benchmark's tables.
 *
 * @module
 */

import { writeAll } from "../lib/log.ts";
import type { Goal } from "./cases.ts";
import type { Spread } from "./statistics.ts";

/**
 * Prints a line to standard output.
 *
 * @param line The line, without its end.
 */
export function print(line: string): void {
  writeAll(Deno.stdout, `${line}\n`);
}

/**
 * Prints rows with the first column to the left and the others to the right, each as wide as its widest cell.
 *
 * @param rows The rows, the heading first.
 */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0));
    print(`  ${cells.join("  ")}`);
  }
}

/**
 * Writes a figure into a cell: three digits that count, and no more behind the point than two.
 *
 * @param value The figure; undefined where there is none.
 * @returns The cell.
 */
export function figureText(value: number | undefined): string {
  if (value === undefined) return "-";
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 || value === 0 ? 0 : size >= 10 ? 1 : 2);
  return text === "-0.00" ? "0.00" : text;
}

/**
 * Writes the median into a cell, and the ends where there is more than one value.
 *
 * @param spread The figure.
 * @returns The cell, such as `1.02 (0.98-1.10)`.
 */
export function spreadText({ median, min, max }: Spread): string {
  return min === max ? figureText(median) : `${figureText(median)} (${figureText(min)}-${figureText(max)})`;
}

/**
 * Writes a goal into a cell.
 *
 * @param goal The goal.
 * @param digits Digits behind the decimal point.
 * @returns The cell, such as `<= 1.10`.
 */
export function boundText(goal: Goal, digits: number): string {
  return "atLeast" in goal ? `>= ${goal.atLeast.toFixed(digits)}` : `<= ${goal.atMost.toFixed(digits)}`;
}

/**
 * Writes a goal and whether it was met into a cell.
 *
 * @param goal The goal, where there is one.
 * @param isMet Whether it was met.
 * @param digits Digits behind the decimal point.
 * @returns The cell.
 */
export function goalText(goal: Goal | undefined, isMet: boolean | undefined, digits: number): string {
  return goal === undefined ? "-" : `${boundText(goal, digits)} ${isMet ? "met" : "MISSED"}`;
}
