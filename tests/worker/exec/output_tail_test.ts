import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { OutputTail } from "../../../lib/worker/exec/output_tail.ts";

function tailOf(chunks: readonly Uint8Array[], maxLines: number, maxBytes: number): string {
  const tail = new OutputTail(maxLines, maxBytes);
  for (const chunk of chunks) tail.add(chunk);
  return tail.text;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("OutputTail.text is all output when that is short", () => {
  assertEquals(tailOf([], 2, 10), "");
  assertEquals(tailOf([utf8("a\n"), utf8("b")], 2, 10), "a\nb");
  assertEquals(tailOf([utf8("a\nb\n")], 2, 10), "a\nb");
});

Deno.test("OutputTail.clear() forgets what came before it", () => {
  const tail = new OutputTail(2, 10);
  tail.add(utf8("old\n"));
  tail.clear();
  assertEquals(tail.text, "");
  tail.add(utf8("new\n"));
  assertEquals(tail.text, "new");
});

Deno.test("OutputTail.text is the last lines when the output is longer", () => {
  assertEquals(tailOf([utf8("a\nb\n"), utf8("c\nd\n")], 2, 10), "c\nd");
});

Deno.test("OutputTail.text begins with a cut line when the last lines are long", () => {
  assertEquals(tailOf([utf8("0123456789"), utf8("ab\ncd\n")], 2, 10), "6789ab\ncd".slice(-9));
});

Deno.test("OutputTail.text begins with a whole character when one was cut", () => {
  assertEquals(tailOf([utf8("ééé")], 1, 5), "éé");
  assertEquals(tailOf([utf8("é"), utf8("éx")], 1, 4), "éx");
});

Deno.test("OutputTail.text is the same however the output came in pieces", () => {
  fc.assert(fc.property(fc.array(fc.string().map(utf8)), fc.nat(20), (chunks, maxBytes) => {
    const whole = new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
    assertEquals(tailOf(chunks, 3, maxBytes), tailOf([whole], 3, maxBytes));
  }));
});
