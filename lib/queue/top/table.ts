/**
 * Tables that fit a width: the least important columns are left out if there is no room.
 *
 * @module
 */

import { fit, oneLine, widthOf } from "./cells.ts";

/** A column. */
export interface Column<Row> {
  readonly title: string;
  /** What is shown. */
  readonly text: (row: Row) => string;
  /** The sort key: large numbers first, texts in ascending order. */
  readonly key: (row: Row) => number | string;
  /** Whether it is aligned to the right, as numbers are. */
  readonly isRight?: boolean;
}

/** The order of rows. */
export interface Order {
  /** The index of the column. */
  readonly column: number;
  readonly isReversed: boolean;
}

const GAP = 2;
/** The first column gets no narrower than this, or half of the width, to make room for others. An address fits. */
const MIN_FIRST = 21;
/** The first column gets no wider than this. */
const MAX_FIRST = 40;

/**
 * Sorts rows, and leaves out those that do not match the filter.
 *
 * @param rows The rows.
 * @param columns The columns.
 * @param order Their order.
 * @param filter The text to find; empty: all rows.
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
 * @param columns The columns, most important first. The first one shrinks if there is little room.
 * @param width The width of the terminal in columns.
 * @param order The order of the rows, which the heading shows.
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
