import { assertEquals, assertThrows } from "@std/assert";
import { markdownPage } from "../../../tools/reference/markdown_page.ts";

const OPTIONS = { name: "page", section: 7, tagline: "text", date: "2026-11-30", folder: "docs", seeAlso: [] } as const;

/** The page without its first and last section. */
function body(markdown: string): string {
  return markdownPage(markdown, { ...OPTIONS, seeAlso: [["other", 1]] }).replace(/^[^]*\.Sh DESCRIPTION\n/, "")
    .replace(/\.Sh SEE ALSO[^]*/, "");
}

Deno.test("markdownPage() turns headings, paragraphs, code and lists into mdoc", () => {
  assertEquals(
    body("# Title\n\nOne `--flag`. *Two*.\n\nMore.\n\n    a -b\n\n## What `x` is\n\n- one\n- two\n\n1. first\n"),
    String.raw`One \fB\%\-\-flag\fR.
\fITwo\fR.
.Pp
More.
.Bd -literal -offset indent
a \-b
.Ed
.Sh "WHAT X IS"
.Bl -bullet
.It
one
.It
two
.El
.Bl -enum
.It
first
.El
`,
  );
});

Deno.test("markdownPage() makes entries of a table's rows, which name their columns where there are several", () => {
  assertEquals(
    body("| a | b |\n| - | - |\n| `x` | y |\n"),
    ".Bl -tag -width Ds\n.It x\ny\n.El\n",
  );
  assertEquals(
    body("| a | b | c |\n| - | - | - |\n| x | y | z |\n| v |  | w |\n"),
    ".Bl -tag -width Ds\n.It x\n\\fIb\\fR: y\n.br\n\\fIc\\fR: z\n.It v\n.br\n\\fIc\\fR: w\n.El\n",
  );
});

Deno.test("markdownPage() says where links lead, and leaves out pictures", () => {
  assertEquals(
    body(
      "See [services.md](services.md), [two queues](two_queues.md), [it](../SECURITY.md), [this](#a), " +
        "[the Guide](https://zguide.zeromq.org/). ![A picture](a.svg)\n",
    ),
    "See services.md, two queues (docs/two_queues.md), it (SECURITY.md), this, the\n" +
      "Guide (https://zguide.zeromq.org/).\n",
  );
});

Deno.test("markdownPage() refuses Markdown that it cannot convert", () => {
  assertThrows(() => body("<b>x</b>\n"), RangeError, 'a man page has no "html"');
});
