import { assertEquals } from "@std/assert";
import { cut, fit, oneLine, widthOf, wrap } from "../../../lib/queue/top/cells.ts";

Deno.test("widthOf() counts columns: wide characters, combining ones, and colours", () => {
  assertEquals(["abc", "日本", "e\u0301", "\x1b[31mred\x1b[0m", "👩‍👩‍👧"].map(widthOf), [3, 4, 1, 3, 2]);
});

Deno.test("cut() cuts between visible characters, and marks the cut", () => {
  assertEquals(["abcdef", "abc"].map((text) => cut(text, 4)), ["abc~", "abc"]);
  assertEquals(cut("日本語", 4), "日~");
  assertEquals([cut("abc", 1), cut("abc", 0), cut("", 0)], ["~", "", ""]);
});

Deno.test("fit() fills the columns on either side", () => {
  assertEquals([fit("ab", 4), fit("ab", 4, true), fit("日本語", 5), fit("ab", -1)], ["ab  ", "  ab", "日本~", ""]);
});

Deno.test("oneLine() removes everything that controls a terminal", () => {
  assertEquals(oneLine("a\x1b[2Jb\nc\u202ed\u0085e"), "a [2Jb c d e");
});

Deno.test("wrap() breaks at spaces, and cuts the last line", () => {
  assertEquals(wrap("one two three four", 8, 2), ["one two", "three f~"]);
  assertEquals(wrap("one two", 80, 2), ["one two"]);
  assertEquals(wrap("onetwothree", 5, 2), ["onet~"]);
});
