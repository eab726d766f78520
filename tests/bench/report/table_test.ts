import { assertEquals } from "@std/assert";
import {
  boundText,
  figureText,
  goalTable,
  markdownTable,
  numberText,
  rowTable,
  transposed,
} from "../../../bench/report/table.ts";

Deno.test("numberText() shows only significant digits", () => {
  assertEquals([31104.4, 100, 20.65, 9.996, 0.054, 0].map(numberText), ["31104", "100", "20.6", "10.00", "0.05", "0"]);
});

Deno.test("figureText() shows a median with its extremes, a value alone, and nothing", () => {
  assertEquals(figureText({ median: 1.02, min: 0.98, max: 1.1 }), "1.02 (0.98-1.10)");
  assertEquals(figureText(20.65), "20.6");
  assertEquals(figureText(undefined), "-");
});

Deno.test("boundText() and goalTable() show the bound, and whether it was met", () => {
  assertEquals(boundText({ atMost: 1.1 }), "<= 1.10");
  const about = { subject: "outage", of: "deno", figure: "/s" };
  assertEquals(goalTable([{ ...about, value: 31, goal: { atLeast: 32 }, isMet: false }])[1], [
    "outage",
    "deno",
    "/s",
    "31.0",
    ">= 32.00",
    "MISSED",
  ]);
});

Deno.test("rowTable() has a column for each label and figure that any row has", () => {
  const rows = [
    { subject: "s", of: "c", labels: { clients: "1000" }, figures: { ms: 1 } },
    { subject: "s", of: "deno", labels: { clients: "1000" }, figures: { ms: 2, MiB: 3 } },
  ];
  assertEquals(rowTable(rows), [["", "clients", "ms", "MiB"], ["c", "1000", "1.00", "-"], [
    "deno",
    "1000",
    "2.00",
    "3.00",
  ]]);
  assertEquals(transposed(rowTable(rows))[2], ["ms", "1.00", "2.00"]);
});

Deno.test("markdownTable() aligns the first column to the left and the others to the right", () => {
  assertEquals(markdownTable([["", "CPU"], ["deno", "9"]]), "|      | CPU |\n| ---- | --: |\n| deno |   9 |");
});
