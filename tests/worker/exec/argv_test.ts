import { assertEquals, assertThrows } from "@std/assert";
import { parseArgv } from "../../../lib/worker/exec/argv.ts";

/** A table of command lines, written as they are, without JavaScript's own backslashes. */
const line = String.raw;

Deno.test("parseArgv() splits at spaces outside quotes", () => {
  const cases: [string, string[]][] = [
    ["cat", ["cat"]],
    ["  tr  a-z\tA-Z ", ["tr", "a-z", "A-Z"]],
    [line`convert - -resize '50%' png:-`, ["convert", "-", "-resize", "50%", "png:-"]],
    [line`jq -c ".a[0] | {b}"`, ["jq", "-c", ".a[0] | {b}"]],
    [line`python3 -c 'import sys; print("$x")'`, ["python3", "-c", `import sys; print("$x")`]],
    [line`a "it's" 'say "x"' b"c"'d'`, ["a", "it's", 'say "x"', "bcd"]],
    [line`a "" ''`, ["a", "", ""]],
    [line`"/opt/my programs/run" x`, ["/opt/my programs/run", "x"]],
    [line`a b\ c \'d\' \\ "e\"f\\g" 'h\'`, ["a", "b c", "'d'", "\\", 'e"f\\g', "h\\"]],
    [line`a "b\nc"`, ["a", "b\\nc"]],
    ["a 'b\nc'", ["a", "b\nc"]],
    ["a b\\\nc", ["a", "bc"]],
    [line`ärger 'ü ö'`, ["ärger", "ü ö"]],
  ];
  for (const [text, words] of cases) assertEquals(parseArgv(text, "none"), words, text);
});

Deno.test("parseArgv() leaves text unchanged that a shell would not change", () => {
  const cases: [string, string[]][] = [
    [line`a \| \> \; \& \$x \* \( \~ \#`, ["a", "|", ">", ";", "&", "$x", "*", "(", "~", "#"]],
    [line`a '|' ">" '*' "?" '$x' '#' '~' "("`, ["a", "|", ">", "*", "?", "$x", "#", "~", "("]],
    ["a x#y x~y --b=c x=y {} a{b,c} ! % ^ @ : +", "a x#y x~y --b=c x=y {} a{b,c} ! % ^ @ : +".split(" ")],
  ];
  for (const [text, words] of cases) assertEquals(parseArgv(text, "none"), words, text);
});

Deno.test("parseArgv() throws and advises --shell when a shell would be needed", () => {
  const cases: Record<string, string> = {
    "a | b": "|",
    "a|b": "|",
    "a > b": ">",
    "a 2>&1": ">",
    "a < b": "<",
    "a; b": ";",
    "a && b": "&",
    "a &": "&",
    "a $HOME": "$",
    "a ${x}": "$",
    "a $(b)": "$",
    "a `b`": "`",
    "(a)": "(",
    "a *.txt": "*",
    "a b?": "?",
    "a [bc]": "[",
    "a\nb": "\\n",
    "a # b": "#",
    "# a": "#",
    "~/bin/a": "~",
    "a ~": "~",
    "X=1 a": "X=",
    "a 'b' | c": "|",
  };
  for (const [text, syntax] of Object.entries(cases)) {
    const expected = `"${syntax}" is shell syntax: quote it, or add --shell`;
    assertEquals(assertThrows(() => parseArgv(text, "none"), RangeError).message, expected, text);
  }
});

Deno.test("parseArgv() throws and advises single quotes when a shell would expand within double ones", () => {
  for (const text of ['a "$x"', 'a "b `c`"', line`a "\$x"`, `'b' "c" "d$"`]) {
    assertThrows(() => parseArgv(text, "none"), RangeError, "in double quotes is shell syntax: use single quotes");
  }
});

Deno.test("parseArgv() throws when a quote is unclosed or a backslash is last", () => {
  for (const text of ["a 'b", 'a "b', "a 'b' \"c", 'a "b\\"', "a\\", "it's"]) {
    assertThrows(() => parseArgv(text, "none"), RangeError, "unclosed quote");
  }
});

Deno.test("parseArgv() throws when there is no program", () => {
  for (const text of ["", " \t", "''", '"" a']) {
    assertThrows(() => parseArgv(text, "none"), RangeError, "it must name a program");
  }
  assertThrows(() => parseArgv(" ", "sh"), RangeError, "it must name a program");
});

Deno.test("parseArgv() passes the text unchanged to sh when there is a shell", () => {
  assertEquals(parseArgv('sort | uniq -c > "$x" \'y', "sh"), ["/bin/sh", "-c", 'sort | uniq -c > "$x" \'y']);
});
