import { assertEquals } from "@std/assert";
import { NumberFormat, sentenceParts, valueParts } from "../../../../../lib/queue/http/page/model/format.ts";

const FORMAT = new NumberFormat("en");

Deno.test("NumberFormat writes durations to about three digits", () => {
  const written = [null, 0, 0.25, 40, 999.4, 999.6, 9949, 59_400, 119_600, 7_100_000, 7_200_000, 200_000_000].map((
    ms,
  ) => FORMAT.duration(ms));
  assertEquals(written, [
    "–",
    "0 ms",
    "0.3 ms",
    "40 ms",
    "999 ms",
    "1 s",
    "9.9 s",
    "59 s",
    "2 min",
    "118 min",
    "2 h",
    "2 d",
  ]);
});

Deno.test("NumberFormat writes counts, rates, sizes and ages with the reader's separators", () => {
  assertEquals([FORMAT.count(1234567), FORMAT.rate(12.34), FORMAT.rate(1234.5)], ["1,234,567", "12.3", "1,235"]);
  assertEquals(new NumberFormat("de").count(1234567), "1.234.567");
  assertEquals([null, 0, 1023, 1536, 5 * 1024 ** 3].map((bytes) => FORMAT.bytes(bytes)), [
    "–",
    "0 B",
    "1,023 B",
    "1.5 KiB",
    "5 GiB",
  ]);
  assertEquals([-5, 8900, 119_999, 600_000].map((ms) => FORMAT.ago(ms)), [
    "0 s ago",
    "8 s ago",
    "119 s ago",
    "10 min ago",
  ]);
});

Deno.test("sentenceParts() finds the times in a sentence", () => {
  assertEquals(sentenceParts("paused by a since 2026-11-30T10:00:00.123Z: b"), [
    { text: "paused by a since ", isTime: false },
    { text: "2026-11-30T10:00:00.123Z", isTime: true },
    { text: ": b", isTime: false },
  ]);
  assertEquals(sentenceParts("serving"), [{ text: "serving", isTime: false }]);
});

Deno.test("valueParts() separates numbers from units, in any language", () => {
  const numbersOf = (value: string) => valueParts(value).filter(({ isNumber }) => isNumber).map(({ text }) => text);
  assertEquals(valueParts("4.3 / 7.4 s"), [
    { text: "4.3", isNumber: true },
    { text: " / ", isNumber: false },
    { text: "7.4", isNumber: true },
    { text: " s", isNumber: false },
  ]);
  assertEquals(numbersOf("1,000 of 12.345,6"), ["1,000", "12.345,6"]);
  assertEquals(numbersOf("98\u202f765 ms"), ["98\u202f765"]);
  assertEquals(numbersOf(new Intl.NumberFormat("ar-EG").format(1234.5)).length, 1);
  assertEquals(numbersOf("–"), ["–"]);
});

Deno.test("share() shows 0 % or 100 % only when exact", () => {
  const format = new NumberFormat("en");
  assertEquals([[0, 9], [1, 9999], [1, 3], [9998, 9999], [9, 9]].map(([part, whole]) => format.share(part!, whole!)), [
    "",
    "< 0.1 %",
    "33.3 %",
    "> 99.9 %",
    "100 %",
  ]);
});

Deno.test("exact() leaves out no digits", () => {
  const format = new NumberFormat("en");
  assertEquals([268_435_456, 0.125, 0].map((value) => format.exact(value)), ["268,435,456", "0.125", "0"]);
});
