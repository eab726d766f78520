/**
 * Writes a benchmark's results as Markdown: `bench/RESULTS.md`.
 *
 * @module
 */

import { PARTS } from "../parts/all.ts";
import type { Results, Setup } from "./results.ts";
import { goalSummary, goalTable, markdownTable, rowTable } from "./table.ts";

/** A chart that stands beside the results. */
export interface Picture {
  /** From `bench/` on. */
  readonly file: string;
  readonly description: string;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function amountText({ rounds, measureMs }: Setup): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"} of ${measureMs} ms`;
}

/** Writes the results, with a table for each case and one of all goals. */
export function resultsMarkdown(results: Results, pictures: readonly Picture[]): string {
  const { time, machine, versions, setup, updates, leftOut, rows, goals } = results;
  const parts = PARTS.map(({ title, cases, table = rowTable }) => {
    const sections = Object.entries(cases).flatMap(([name, text]) => {
      const own = rows.filter(({ subject }) => subject === name);
      return own.length === 0 ? [] : [`\`${name}\`: ${text}.`, markdownTable(table(own))];
    });
    return sections.length === 0 ? [] : [`## ${title}`, ...sections];
  });
  return [
    "# Results of the benchmark",
    "Written by `deno task bench:report` from [results.json](results.json). What is measured and how: [README.md](README.md).",
    `${time.slice(0, 10)}, ${machine}; ${
      amountText(setup)
    }. A figure is the median of the rounds, with the smallest and ` +
    "largest in parentheses.",
    ...updates.map(({ names, time, machine, setup }) =>
      `Measured ${machine === undefined ? "again on" : "later on"} ${time.slice(0, 10)}, ${
        machine === undefined ? "" : `${machine}; `
      }${amountText(setup)}: ${names.join(", ")}.`
    ),
    list(Object.entries(versions).map(([subject, version]) => `${subject}: ${version}`)),
    ...(leftOut.length === 0 ? [] : [
      "Left out:",
      list(
        leftOut.map(({ name, subject, reason }) =>
          `${name}${subject === undefined ? "" : ` in ${subject}`}: ${reason.trim().replaceAll(/\s+/g, " ")}`
        ),
      ),
    ]),
    ...pictures.map(({ file, description }) => `![${description}](${file})`),
    ...(goals.length === 0 ? [] : ["## Goals", `${goalSummary(goals)}.`, markdownTable(goalTable(goals))]),
    ...parts.flat(),
  ].join("\n\n") + "\n";
}
