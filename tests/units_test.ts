import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../lib/units.ts";

Deno.test("parseDuration() returns milliseconds when the text has a number and a unit", () => {
  const durations = { "0": 0, "0ms": 0, "250ms": 250, "10s": 10_000, "5m": 300_000, "2h": 7_200_000, "1.5s": 1500 };
  for (const [text, ms] of Object.entries(durations)) assertEquals(parseDuration(text), ms, text);
});

Deno.test("parseDuration() throws when the text is not a duration", () => {
  const texts = [
    "",
    "10",
    "00",
    "s",
    "ms",
    "-1s",
    "+1s",
    "1 s",
    " 1s",
    "1s ",
    "1d",
    "1S",
    "1MS",
    "1e3ms",
    ".5s",
    "1.s",
  ];
  for (const text of [...texts, "1,5s", "0x10ms", "1s1s", "1s\n", "NaNms", "Infinitys", "١s"]) {
    assertThrows(() => parseDuration(text), RangeError, "a duration is a number with a unit");
  }
});

Deno.test("parseSize() returns bytes when the text has a number, with a unit or without", () => {
  const sizes = { "0": 0, "1": 1, "64B": 64, "2KB": 2000, "2KiB": 2048, "256MiB": 2 ** 28, "1GiB": 2 ** 30 };
  for (const [text, bytes] of Object.entries({ ...sizes, "3MB": 3_000_000, "4GB": 4_000_000_000, "1.5KiB": 1536 })) {
    assertEquals(parseSize(text), bytes, text);
  }
});

Deno.test("parseSize() returns whole bytes when the text has a fraction", () => {
  assertEquals(parseSize("0.001KiB"), 1);
  assertEquals(parseSize("0.3KB"), 300);
});

Deno.test("parseSize() throws when the text is not a size", () => {
  for (const text of ["", "B", "-1", "1 KiB", "1kib", "1K", "1M", "1TiB", "1e9", "0x10", "1.", ".5KiB", "1\n", "NaN"]) {
    assertThrows(() => parseSize(text), RangeError, "a size is a number of bytes");
  }
});

Deno.test("formatDuration() uses the largest unit of which the duration is a whole number", () => {
  assertEquals([0, 1, 250, 1500, 2000, 90_000, 120_000, 3_600_000, 5_400_000].map(formatDuration), [
    "0",
    "1ms",
    "250ms",
    "1500ms",
    "2s",
    "90s",
    "2m",
    "1h",
    "90m",
  ]);
});

Deno.test("formatSize() uses the largest binary unit of which the size is a whole number", () => {
  assertEquals([0, 1, 1000, 1023, 1024, 1536, 2 ** 20, 3 * 2 ** 20, 2 ** 28, 2 ** 30].map(formatSize), [
    "0",
    "1",
    "1000",
    "1023",
    "1KiB",
    "1536",
    "1MiB",
    "3MiB",
    "256MiB",
    "1GiB",
  ]);
});

Deno.test("parseDuration() and parseSize() read what is written by formatDuration() and formatSize()", () => {
  const multiple = fc.tuple(fc.nat(1_000_000), fc.constantFrom(1, 1000, 1024, 60_000, 3_600_000, 2 ** 20, 2 ** 30));
  fc.assert(fc.property(multiple, ([count, unit]) => {
    const value = count * unit;
    assertEquals(parseDuration(formatDuration(value)), value);
    assertEquals(parseSize(formatSize(value)), value);
  }));
  assertEquals(parseDuration("1.5ms"), 2);
});
