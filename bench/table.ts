/**
 * Prints the benchmark's tables.
 *
 * @module
 */

import { writeAll } from "../lib/log.ts";
import type { Goal } from "./cases.ts";

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
 * Writes a goal and whether it was met into a cell.
 *
 * @param goal The goal, where there is one.
 * @param met Whether it was met.
 * @param digits Digits behind the decimal point.
 * @returns The cell.
 */
export function goalText(goal: Goal | undefined, met: boolean | undefined, digits: number): string {
  if (goal === undefined) return "-";
  const bound = "atLeast" in goal ? `>= ${goal.atLeast.toFixed(digits)}` : `<= ${goal.atMost.toFixed(digits)}`;
  return `${bound} ${met ? "met" : "MISSED"}`;
}
