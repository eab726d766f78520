/**
 * Puts the latest figures into documents: between two comments that say which ones.
 *
 *     <!-- bench: CASE; FIGURE; FIGURE -->
 *     <!-- bench: end -->
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

/** Renews all tables of a document. */
export function withFigures(text: string, rows: readonly Row[]): string {
  return text.replace(
    /(<!-- bench: ([^;\n]+); ([^\n]*) -->\n).*?(?=<!-- bench: end -->)/gs,
    (_, begin, subject, figures) => {
      const own = rows.filter((row) => row.subject === subject);
      const table = own.length === 0
        ? `Not measured yet: \`deno task bench --only ${subject}\`.`
        : medianTable(own, figures.split("; "));
      return `${begin}\n${table}\n\n`;
    },
  );
}
