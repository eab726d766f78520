import { assertEquals } from "@std/assert";
import { arrange, type Column, tableLines } from "../../../lib/queue/top/table.ts";
import { widthOf } from "../../../lib/queue/top/cells.ts";

interface Row {
  readonly name: string;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", text: ({ name }) => name, key: ({ name }) => name },
  { title: "COUNT", text: ({ count }) => `${count}`, key: ({ count }) => count, isRight: true },
];
const ROWS: readonly Row[] = [{ name: "b", count: 5 }, { name: "a", count: 70 }, { name: "c", count: 9 }];
const BY_NAME = { column: 0, isReversed: false };
const BY_COUNT = { column: 1, isReversed: false };

function namesOf(rows: readonly Row[]): string {
  return rows.map(({ name }) => name).join("");
}

Deno.test("arrange() sorts texts ascending and numbers descending, or the other way round", () => {
  assertEquals(namesOf(arrange(ROWS, COLUMNS, BY_NAME, "")), "abc");
  assertEquals(namesOf(arrange(ROWS, COLUMNS, BY_COUNT, "")), "acb");
  assertEquals(namesOf(arrange(ROWS, COLUMNS, { column: 1, isReversed: true }, "")), "bca");
});

Deno.test("arrange() keeps rows that have the text in any column", () => {
  assertEquals(namesOf(arrange(ROWS, COLUMNS, BY_NAME, "7")), "a");
  assertEquals(namesOf(arrange(ROWS, COLUMNS, BY_NAME, "C")), "c");
});

Deno.test("tableLines() marks the column that it is sorted by", () => {
  assertEquals(tableLines(ROWS.slice(0, 2), COLUMNS, 80, BY_COUNT), ["NAME  COUNTv", ["b          5", "a         70"]]);
  const reversed = tableLines([], COLUMNS, 80, { column: 0, isReversed: true });
  assertEquals(reversed, ["NAME^  COUNT", []]);
});

Deno.test("tableLines() shortens the first column, then leaves out the last ones", () => {
  const rows = [{ name: "a-name-of-thirty-characters-xx", count: 12 }];
  assertEquals(tableLines(rows, COLUMNS, 30, BY_NAME)[1], ["a-name-of-thirty-chara~     12"]);
  for (let width = 1; width <= 40; width++) {
    const [heading, lines] = tableLines(rows, COLUMNS, width, BY_NAME);
    for (const line of [heading, ...lines]) assertEquals(widthOf(line) <= width, true, `${width}: ${line}`);
  }
});
