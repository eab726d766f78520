/**
 * Which rows of a table are shown, and in which order.
 *
 * @module
 */

/** A sort key: texts in the order of the reader's language, numbers by size; `null` comes last. */
export type SortValue = string | number | null;

/** How a table is sorted. */
export interface Sorting {
  readonly column: string;
  readonly isDescending: boolean;
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/**
 * Sorts rows. Equal rows keep their order.
 *
 * @param rows The rows.
 * @param valueOf What a row is sorted by.
 * @param isDescending Whether the largest comes first.
 */
export function sorted<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => SortValue,
  isDescending: boolean,
): Row[] {
  const sign = isDescending ? -1 : 1;
  return rows.map((row) => ({ row, value: valueOf(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      if (typeof a.value === "number" && typeof b.value === "number") return sign * (a.value - b.value);
      return sign * COLLATOR.compare(String(a.value), String(b.value));
    })
    .map(({ row }) => row);
}

/**
 * Unique keys for rows.
 *
 * @param rows The rows.
 * @param idOf A row's key. If several rows have the same one, a number is appended from the second on.
 */
export function distinctIds<Row>(rows: readonly Row[], idOf: (row: Row) => string): string[] {
  const counts = new Map<string, number>();
  return rows.map((row) => {
    const id = idOf(row);
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    return count === 0 ? id : `${id} #${count}`;
  });
}

/**
 * Whether a row contains all words of the filter, in any of its texts.
 *
 * @param texts Its texts.
 * @param filter What was typed.
 */
export function matches(texts: readonly (string | null)[], filter: string): boolean {
  const all = texts.join("\n").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}
