/**
 * What was seen in the day, as a table.
 *
 * @module
 */

import { writeOutput } from "../../../lib/standard_output.ts";

/** What became of an act or a check. */
export type Verdict = "ok" | "MISSED" | "left out";

/** A row of the table. */
export interface ReportRow {
  /** The act or the check. */
  readonly name: string;
  /** What became of it. */
  readonly verdict: Verdict;
  /** What was seen, or why not. */
  readonly sentence: string;
}

/** The rows of the day. */
export class Report {
  readonly #rows: ReportRow[] = [];

  /** Whether anything was not as promised. */
  get hasMiss(): boolean {
    return this.#rows.some(({ verdict }) => verdict === "MISSED");
  }

  /** Adds a row, and prints it with the time. */
  add(name: string, verdict: Verdict, sentence: string): void {
    this.#rows.push({ name, verdict, sentence });
    say(`${name}: ${verdict}: ${sentence}`);
  }

  /**
   * Does something, and adds what came of it.
   *
   * @param name The act or the check.
   * @param act Gives the sentence; throws when something was not as promised.
   */
  async record(name: string, act: () => Promise<string>): Promise<void> {
    try {
      this.add(name, "ok", await act());
    } catch (error) {
      this.add(name, "MISSED", (error as Error).message.split("\n")[0]!);
    }
  }

  /** The table: each act once, with its last sentence, or with that of its last miss. */
  table(): string {
    const names = [...new Set(this.#rows.map(({ name }) => name))];
    const rows = names.map((name) => {
      const all = this.#rows.filter((row) => row.name === name);
      const misses = all.filter(({ verdict }) => verdict === "MISSED");
      const { verdict, sentence } = misses.at(-1) ?? all.at(-1)!;
      return [name, all.length === 1 ? "" : `${all.length} times`, verdict, sentence];
    });
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
    return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`).join("");
  }
}

/** Prints a line with the time. */
export function say(text: string): void {
  writeOutput(`${new Date().toISOString()} ${text}\n`);
}
