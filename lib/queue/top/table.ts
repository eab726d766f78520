/**
 * Tables that fit into a width: the columns that matter least are left out where there is no room. Pure.
 *
 * @module
 */

import { fit, oneLine, widthOf } from "./cells.ts";

/** A column. */
export interface Column<Row> {
  readonly title: string;
  /** What is shown. */
  readonly text: (row: Row) => string;
  /** What it is sorted by; large numbers and small texts first. */
  readonly key: (row: Row) => number | string;
  /** Whether it stands at the right end of its column, as numbers do. */
  readonly isRight?: boolean;
}

/** The order of rows. */
export interface Order {
  /** The index of the column. */
  readonly column: number;
  readonly isReversed: boolean;
}

const GAP = 2;
/** The first column gets no narrower than this, or half of the width, to make room for others: as wide as an address. */
const MIN_FIRST = 21;
/** A column gets no wider than this while others lack room. */
const MAX_FIRST = 40;

/**
 * Sorts rows, and leaves out those without a text that is looked for.
 *
 * @param rows The rows.
 * @param columns The columns.
 * @param order Their order.
 * @param filter The text; empty: all.
 */
export function arrange<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { column, isReversed }: Order,
  filter: string,
): Row[] {
  const wanted = filter.toLowerCase();
  const kept = rows.filter((row) => columns.some(({ text }) => text(row).toLowerCase().includes(wanted)));
  const { key } = columns[column]!;
  const sorted = kept.toSorted((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (typeof a === "number" && typeof b === "number") return b - a;
    return `${a}` < `${b}` ? -1 : `${a}` > `${b}` ? 1 : 0;
  });
  return isReversed ? sorted.toReversed() : sorted;
}

/**
 * Writes a table.
 *
 * @param rows The rows to show.
 * @param columns The columns, the most important ones first; the first one gives way when there is little room.
 * @param width The columns of the terminal.
 * @param order What it is sorted by, which its heading shows.
 * @returns The heading, and a line for each row.
 */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number,
  order: Order,
): [heading: string, lines: string[]] {
  const titles = columns.map(({ title }, index) =>
    index === order.column ? `${title}${order.isReversed ? "^" : "v"}` : title
  );
  const texts = rows.map((row) => columns.map(({ text }) => oneLine(text(row))));
  const widths = titles.map((title, index) =>
    texts.reduce((widest, cells) => Math.max(widest, widthOf(cells[index]!)), widthOf(title))
  );
  widths[0] = Math.min(widths[0]!, MAX_FIRST);
  let count = 1;
  let used = Math.min(widths[0]!, MIN_FIRST, Math.floor(width / 2));
  while (count < columns.length && used + GAP + widths[count]! <= width) used += GAP + widths[count++]!;
  widths[0] = Math.min(widths[0]!, width - widths.slice(1, count).reduce((sum, next) => sum + GAP + next, 0));
  const lineOf = (cells: readonly string[]) =>
    cells.slice(0, count)
      .map((cell, index) => fit(cell, widths[index]!, columns[index]!.isRight))
      .join(" ".repeat(GAP));
  return [lineOf(titles), texts.map(lineOf)];
}
