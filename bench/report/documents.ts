/**
 * Puts the latest figures into documents: between two comments that say which ones.
 *
 *     <!-- bench: CASE; FIGURE; FIGURE -->
 *     <!-- bench: end -->
 *
 * Several cases share a table, of some queues alone, by `CASE, CASE of QUEUE, QUEUE; ...`.
 *
 * @module
 */

import type { Row } from "./results.ts";
import { markdownTable, rowTable } from "./table.ts";

/** The documents that have figures, from the repository's folder on. */
export const DOCUMENTS: readonly string[] = ["docs/scaling.md", "docs/performance.md"];

/** The medians of some figures of a case, as a table. */
function medianTable(rows: readonly Row[], figures: readonly string[]): string {
  return markdownTable(rowTable(rows.map((row) => {
    const medians = figures.flatMap((name) => {
      const figure = row.figures[name];
      return figure === undefined ? [] : [[name, typeof figure === "number" ? figure : figure.median]];
    });
    return { ...row, figures: Object.fromEntries(medians) };
  })));
}

/** The rows of the cases that a comment names; with a column for the case if there are several. */
function rowsOf(rows: readonly Row[], cases: readonly string[], queues: readonly string[] | undefined): Row[] {
  return cases.flatMap((subject) =>
    rows.filter((row) => row.subject === subject && (queues?.includes(row.of) ?? true))
      .map((row) => cases.length === 1 ? row : { ...row, labels: { case: subject, ...row.labels } })
  );
}

/** Renews all tables of a document. */
export function withFigures(text: string, rows: readonly Row[]): string {
  return text.replace(
    /(<!-- bench: ([^;\n]+); ([^\n]*) -->\n).*?(?=<!-- bench: end -->)/gs,
    (_, begin, subject, figures) => {
      const [cases, queues] = subject.split(" of ").map((names: string) => names.split(", "));
      const own = rowsOf(rows, cases, queues);
      const options = cases.map((name: string) => `--only ${name}`).join(" ");
      const table = own.length === 0
        ? `Not measured yet: \`deno task bench ${options}\`.`
        : medianTable(own, figures.split("; "));
      return `${begin}\n${table}\n\n`;
    },
  );
}
