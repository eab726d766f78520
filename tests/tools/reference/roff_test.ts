import { assertEquals } from "@std/assert";
import {
  argument,
  bold,
  escaped,
  literal,
  pageHeading,
  paragraph,
  prose,
  seeAlsoSection,
  tagList,
} from "../../../tools/reference/roff.ts";

Deno.test("escaped() keeps what roff would interpret", () => {
  assertEquals(escaped("a\\b --flag"), "a\\eb \\-\\-flag");
});

Deno.test("prose() begins a line with each sentence, wraps long ones, and guards lines from being macros", () => {
  assertEquals(prose("One, e.g. this. Two! (Three.) four"), ["One, e.g. this.", "Two!", "(Three.) four"]);
  const word = "x".repeat(30);
  assertEquals(prose(`${word} ${word} ${word}`), [`${word} ${word}`, word]);
  assertEquals(prose(".Sh is a macro. 'tis not"), ["\\&.Sh is a macro. 'tis not"]);
  assertEquals(prose("'tis. ...so"), ["\\&'tis. ...so"]);
});

Deno.test("paragraph() makes flags bold", () => {
  assertEquals(paragraph("Needs --job-timeout, not a well-known -- dash."), [
    "Needs \\fB\\%\\-\\-job\\-timeout\\fR, not a well\\-known \\-\\- dash.",
  ]);
});

Deno.test("argument() quotes, and keeps words from being macros or punctuation", () => {
  for (
    const [text, wanted] of [
      ["DIR", "DIR"],
      ["Nm", "\\&Nm"],
      ["N|auto", "N|auto"],
      ["|", "\\&|"],
      ['a "b"', '"a \\(dqb\\(dq"'],
    ] as const
  ) assertEquals(argument(text), wanted);
});

Deno.test("pages, lists and literal lines have mdoc's form", () => {
  assertEquals(pageHeading({ name: "fetch", section: 1, tagline: "fetches", date: "2026-03-09" }), [
    ".Dd March 9, 2026",
    ".Dt FETCH 1",
    ".Os",
    ".Sh NAME",
    ".Nm fetch",
    ".Nd fetches",
  ]);
  assertEquals(tagList([[bold("a b"), ["text"]]]), [".Bl -tag -width Ds", ".It \\fB\\%a \\%b\\fR", "text", ".El"]);
  assertEquals(literal("x\n.y"), [".Bd -literal -offset indent", "x", "\\&.y", ".Ed"]);
  assertEquals(seeAlsoSection([["b", 7], ["c", 1], ["a", 1]]), [".Sh SEE ALSO", ".Xr a 1 ,", ".Xr c 1 ,", ".Xr b 7"]);
});
